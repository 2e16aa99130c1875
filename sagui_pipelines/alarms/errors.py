"""Why a message could not be sent."""

from __future__ import annotations

from sagui_pipelines.errors import SaguiError


class ChannelDown(SaguiError):
    """A mail server or webhook takes no message at all at the moment."""

    retryable = True


class MessageRefused(SaguiError):
    """One message was refused, for example because of its recipient; others may pass."""

    retryable = True
