"""Formats other than JSON."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

from rest_framework.renderers import BaseRenderer, BrowsableAPIRenderer


class PageRenderer(BrowsableAPIRenderer):
    """The navigable page of an answer, without styles inside the page, which the security policy forbids."""

    template = "api/page.html"

    def get_context(self, *arguments: Any, **options: Any) -> dict[str, Any]:
        """What the template shows."""
        context: dict[str, Any] = super().get_context(*arguments, **options)
        return context | {"code_style": ""}


class CsvRenderer(BaseRenderer):
    """Rows (mappings) as CSV, RFC 4180: header, CRLF, missing values empty.

    Columns are those of the view's attribute `csv_columns`.
    """

    media_type = "text/csv"
    format = "csv"
    charset: str | None = "utf-8"

    def render(
        self,
        data: Sequence[Mapping[str, Any]],
        accepted_media_type: str | None = None,  # noqa: ARG002
        renderer_context: Mapping[str, Any] | None = None,
    ) -> str:
        """The rows as text."""
        columns = (renderer_context or {})["view"].csv_columns
        stream = io.StringIO()
        writer = csv.DictWriter(stream, columns, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(data)
        return stream.getvalue()


class AsciiCsvRenderer(CsvRenderer):
    """CSV of numbers, whose content type names no encoding."""

    charset = None

    def render(self, *arguments: Any, **options: Any) -> bytes:  # type: ignore[override]
        """The rows as bytes."""
        return super().render(*arguments, **options).encode("ascii")
