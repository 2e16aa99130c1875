"""The code location: `workspace.yaml` points here."""

from sagui_pipelines.build import build_defs

defs = build_defs()
