"""Query parameters, checked."""

from __future__ import annotations

import re
from typing import TypeVar

from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

LONGEST_DURATION = 5 * 366
Default = TypeVar("Default", int, None)
_WHOLE_NUMBER = re.compile(r"[0-9]{1,6}", re.ASCII)


def duration(request: Request, default: Default) -> int | Default:
    """Number of days asked for, or the default.

    Raises:
        ValidationError: the parameter is not a whole number from 1 to `LONGEST_DURATION`.
    """
    text = request.query_params.get("duration")
    if text is None:
        return default
    if not _WHOLE_NUMBER.fullmatch(text) or not 1 <= int(text) <= LONGEST_DURATION:
        raise ValidationError(
            {"duration": f"{text[:40]!r} is not a whole number of days from 1 to {LONGEST_DURATION}."}
        )
    return int(text)
