"""Rough outline of the territory and of its rivers, drawn by hand; the simulated courses only resemble them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Outline:
    """A river sketched from its mouth or junction upwards.

    Attributes:
        name: the river.
        course: (longitude, latitude) points, mouth first [degrees].
        joins: river that it flows into; None when it reaches the sea.
    """

    name: str
    course: tuple[tuple[float, float], ...]
    joins: str | None = None


RIVERS = (
    Outline(
        "Maroni", ((-54.0, 5.76), (-54.42, 5.1), (-54.42, 4.35), (-54.1, 3.6), (-54.0, 3.1), (-53.75, 2.5))
    ),
    Outline("Mana", ((-53.72, 5.72), (-53.62, 5.3), (-53.62, 4.85), (-53.4, 4.35), (-53.3, 3.9))),
    Outline("Iracoubo", ((-53.2, 5.56), (-53.22, 5.3), (-53.25, 5.05))),
    Outline("Sinnamary", ((-52.95, 5.47), (-53.0, 5.05), (-52.98, 4.65), (-53.05, 4.25))),
    Outline("Kourou", ((-52.62, 5.17), (-52.75, 4.95), (-52.75, 4.7))),
    Outline("Comté", ((-52.28, 4.92), (-52.4, 4.65), (-52.6, 4.4))),
    Outline("Approuague", ((-51.95, 4.57), (-52.2, 4.25), (-52.45, 3.85), (-52.85, 3.6))),
    Outline("Oyapock", ((-51.68, 4.22), (-51.9, 3.8), (-52.1, 3.3), (-52.45, 2.85), (-52.7, 2.45))),
    Outline("Tapanahoni", ((-54.42, 4.35), (-54.95, 3.95), (-55.35, 3.4), (-55.55, 2.95)), "Maroni"),
    Outline("Camopi", ((-52.1, 3.3), (-52.65, 3.2), (-53.05, 3.15)), "Oyapock"),
)

# fmt: off
TERRITORY = (
    (-54.0, 5.8), (-53.72, 5.76), (-53.2, 5.6), (-52.95, 5.51), (-52.62, 5.21), (-52.28, 4.96), (-51.95, 4.62),
    (-51.65, 4.26), (-51.52, 3.95), (-51.6, 3.45), (-51.95, 2.95), (-52.3, 2.35), (-52.8, 2.12), (-53.5, 2.2),
    (-54.3, 2.1), (-55.0, 2.4), (-55.85, 2.55), (-55.95, 3.1), (-55.7, 3.75), (-55.2, 4.35), (-54.85, 4.9),
    (-54.65, 5.35), (-54.25, 5.72),
)
# fmt: on
