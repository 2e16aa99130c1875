"""Which static files are collected."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.staticfiles.apps import StaticFilesConfig


class PackagedStaticFilesConfig(StaticFilesConfig):
    """Leaves out what packages ship beside the scripts that pages load."""

    ignore_patterns: ClassVar[list[str]] = [
        *StaticFilesConfig.ignore_patterns,
        "ipywidget*",
        "pywidget*",
        "mqtt*",
    ]
