"""Formulas that fitted model flows to a gauge, and the way back from their results to model flows."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

_NUMBER = r"(\d+(?:\.\d+)?)"
PATTERN = rf"^f(?: ?(?:\*\*|\^) ?{_NUMBER})?(?: ?([*/]) ?{_NUMBER})?(?: ?([+-]) ?{_NUMBER})?$"
"""f, to a power, times or divided by a number, plus or minus a number; each part may be absent."""
_FORMULA = re.compile(PATTERN, re.ASCII)
LONGEST_FORMULA = 50


@dataclass(frozen=True)
class Conversion:
    """converted = factor * flow ** exponent + offset, cut off at zero. Flows are in m3/s.

    Attributes:
        factor: of the power, above 0.
        exponent: above 0.
        offset: [m3/s].
    """

    factor: float = 1.0
    exponent: float = 1.0
    offset: float = 0.0

    @property
    def cuts_off(self) -> bool:
        """True when small flows come out below zero, and hence were stored as zero."""
        return self.offset < 0

    def model_flow(self, converted: float) -> float | None:
        """Flow of the model [m3/s] whose conversion this is; None when the formula cannot have given it.

        A zero that was cut off stands for any small flow, so it gives none.
        """
        power = (converted - self.offset) / self.factor
        if power < 0 or (converted == 0 and self.cuts_off):
            return None
        return float(power ** (1 / self.exponent))


@lru_cache(maxsize=256)
def parse_conversion(text: str | None) -> Conversion:
    """Read a formula such as `f / 1.5 - 200` or `f ** 0.93 - 200`; nothing is evaluated.

    Args:
        text: the formula; None or empty: flows were not converted.

    Raises:
        ValueError: it is no such formula, or it would turn every flow into one number.
    """
    if not text:
        return Conversion()
    found = _FORMULA.fullmatch(text)
    if found is None or len(text) > LONGEST_FORMULA:
        raise ValueError(f"{text!r} is no formula such as f / 1.5 - 200 or f ** 0.93 - 200")
    exponent, operator, factor, sign, offset = found.groups()
    if 0.0 in (float(exponent or 1), float(factor or 1)):
        raise ValueError(f"{text!r} gives the same result for every flow")
    return Conversion(
        1 / float(factor) if operator == "/" else float(factor or 1),
        float(exponent or 1),
        float(f"{sign or ''}{offset or 0}"),
    )
