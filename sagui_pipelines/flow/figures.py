"""Small figures for the asset pages: one style, returned as markdown that carries its own picture."""

from __future__ import annotations

import base64
import io
from datetime import date

from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure
from PIL import Image

WATER, DRY, USUAL, INK = "#1f6fb2", "#d08a2e", "#6b7280", "#374151"
NOTHING = "No rows to draw yet."

_DPI = 90


def figure(width_in: float, height_in: float) -> Figure:
    """An empty figure that no window and no global state knows about."""
    return Figure(figsize=(width_in, height_in), dpi=_DPI, layout="constrained")


def dress(axes: Axes, title: str, unit: str) -> None:
    """Quiet axes: a title on the left, no box, dates that fit."""
    axes.set_title(title, loc="left", fontsize=9, color=INK)
    axes.set_ylabel(unit, fontsize=8, color=INK)
    axes.tick_params(labelsize=8, colors=INK, length=2)
    axes.grid(axis="y", color="#e5e7eb", linewidth=0.6)
    axes.set_axisbelow(True)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    locator = AutoDateLocator(minticks=3, maxticks=7)  # type: ignore[no-untyped-call]
    axes.xaxis.get_offset_text().set_fontsize(8)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]


def legend(axes: Axes) -> None:
    """One line of legend on the height of the title, to the right."""
    axes.legend(
        loc="lower right",
        bbox_to_anchor=(1, 1),
        borderaxespad=0.2,
        ncols=3,
        fontsize=7.5,
        frameon=False,
        labelcolor=INK,
        handlelength=1.6,
    )


def markdown(drawn: Figure, alternative: str) -> str:
    """The figure as a markdown image with its PNG inside."""
    drawn_png, stream = io.BytesIO(), io.BytesIO()
    drawn.savefig(drawn_png, format="png")
    # Dagster keeps the picture in its database: a palette takes a quarter of the space.
    Image.open(drawn_png).convert("RGB").quantize(48).save(stream, "PNG", optimize=True)
    return f"![{alternative}](data:image/png;base64,{base64.b64encode(stream.getvalue()).decode()})"


def span(first: date, last: date) -> str:
    """A range of days in words."""
    return f"{first:%d %b %Y} to {last:%d %b %Y}"
