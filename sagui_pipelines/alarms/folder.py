"""Messages as files, where nobody is configured to receive them: nothing is told to nobody."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from sagui_pipelines.alarms import wording
from sagui_pipelines.alarms.errors import ChannelDown
from sagui_pipelines.alarms.mail import compose
from sagui_pipelines.alarms.problem import Message
from sagui_pipelines.alarms.settings import AlarmSettings

_logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Folder:
    """Writes each message as one `.eml` file and one line of the log."""

    settings: AlarmSettings

    def send(self, message: Message, _address: str = "") -> None:
        """Write one message; the same one twice is one file.

        Raises:
            ChannelDown: the folder cannot be written.
        """
        folder = self.settings.folder
        name = f"{message.written_at:%Y%m%dT%H%M%S}-{message.occasion.value}-{message.uid}.eml"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            fresh = folder / f".{name}"
            fresh.write_bytes(compose(message, "operators@localhost", self.settings).as_bytes())
            fresh.rename(folder / name)
        except OSError as error:
            raise ChannelDown(
                folder,
                f"cannot be written ({error.strerror})",
                "Free space or correct the owner of the folder.",
            ) from error
        _logger.warning("%s (%s)", wording.subject(message, self.settings), folder / name)
