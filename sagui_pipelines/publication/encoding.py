"""Values of one day as 16-bit numbers: small over the wire, precise enough for floods. Pure numpy.

Both encodings are little-endian signed integers, one per cell, with `MISSING` for no value. What cannot be expressed is
missing too, never a wrong number: it lies beyond anything a river or a cloud can do.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

MISSING = -32768
_LARGEST = 32767
WIRE = np.dtype("<i2")


@dataclass(frozen=True)
class SignedLog:
    """Steps of equal ratio on both sides of zero, for quantities that span decades: discharge, rain.

    Code c stands for sign(c) * minimum * exp(step * (|c| - 1)), code 0 for 0.

    Attributes:
        minimum: smallest amount told from zero, in the unit of the quantity.
        step: logarithm of the ratio between neighbouring codes.
    """

    minimum: float = 0.001
    step: float = 0.0007

    @property
    def largest(self) -> float:
        """Largest amount that can be expressed."""
        return float(self.minimum * np.exp(self.step * (_LARGEST - 1)))

    @property
    def relative_error(self) -> float:
        """Bound of |decoded - value| / |value| for amounts from `minimum` to `largest`."""
        return float(np.expm1(self.step / 2))

    def encode(self, values: NDArray[np.float64]) -> NDArray[np.int16]:
        """Codes of values; below `minimum` the nearest of 0 and `minimum`, so the error is at most half of that."""
        amounts = np.abs(values)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            steps = np.rint(np.log(amounts / self.minimum) / self.step) + 1
        steps = np.where(amounts < self.minimum, amounts >= self.minimum / 2, steps)
        expressible = np.isfinite(values) & (steps <= _LARGEST)
        codes = np.where(expressible, np.sign(values) * np.where(expressible, steps, 0), MISSING)
        return codes.astype(np.int16)

    def decode(self, codes: NDArray[np.int16]) -> NDArray[np.float64]:
        """Values of codes, NaN where there is none."""
        wide = codes.astype(np.float64)
        amounts = self.minimum * np.exp(self.step * (np.abs(wide) - 1))
        values: NDArray[np.float64] = np.where(codes == 0, 0.0, np.sign(wide) * amounts)
        values[codes == MISSING] = np.nan
        return values

    def describe(self) -> dict[str, Any]:
        """What a client has to know to decode."""
        return _common("signed_log") | {
            "minimum": self.minimum,
            "step": self.step,
            "relative_error": _rounded_up(self.relative_error),
        }


@dataclass(frozen=True)
class Linear:
    """Steps of equal size, for quantities of one magnitude: percentages. Code c stands for c * scale.

    Attributes:
        scale: size of a step, in the unit of the quantity.
    """

    scale: float = 0.01

    @property
    def largest(self) -> float:
        """Largest amount that can be expressed."""
        return self.scale * _LARGEST

    def encode(self, values: NDArray[np.float64]) -> NDArray[np.int16]:
        """Codes of values; the error is at most half a step."""
        with np.errstate(over="ignore"):
            steps = np.rint(values / self.scale)
        expressible = np.isfinite(values) & (np.abs(steps) <= _LARGEST)
        return np.where(expressible, steps, MISSING).astype(np.int16)

    def decode(self, codes: NDArray[np.int16]) -> NDArray[np.float64]:
        """Values of codes, NaN where there is none."""
        values: NDArray[np.float64] = codes.astype(np.float64) * self.scale
        values[codes == MISSING] = np.nan
        return values

    def describe(self) -> dict[str, Any]:
        """What a client has to know to decode."""
        return _common("linear") | {"scale": self.scale, "absolute_error": self.scale / 2}


Encoding = SignedLog | Linear


def to_bytes(codes: NDArray[np.int16]) -> bytes:
    """Codes as they travel."""
    return codes.astype(WIRE).tobytes()


def from_bytes(content: bytes) -> NDArray[np.int16]:
    """Codes that have travelled."""
    return np.frombuffer(content, WIRE).astype(np.int16)


def _common(kind: str) -> dict[str, Any]:
    return {"type": "int16", "byte_order": "little", "missing": MISSING, "kind": kind}


def _rounded_up(error: float) -> float:
    return float(np.ceil(error * 1e5) / 1e5)
