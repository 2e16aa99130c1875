"""A mail server that keeps what it receives, with the hour by the clock of the play."""

from __future__ import annotations

import email
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tools.play.clock import Clock


@dataclass
class Mailbox:
    """Mails received.

    Attributes:
        folder: each mail is written there as `.eml` and, its HTML part, as `.html`.
        mails: when each one came, and the mail.
    """

    folder: Path
    mails: list[tuple[datetime, EmailMessage]] = field(default_factory=list)

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Keep a mail."""
        content = envelope.content or b""
        assert isinstance(content, bytes)  # noqa: S101
        mail = email.message_from_bytes(content, policy=default)
        assert isinstance(mail, EmailMessage)  # noqa: S101
        self.mails.append((Clock.now(), mail))
        name = self.folder / f"mail-{len(self.mails):02d}"
        name.with_suffix(".eml").write_bytes(content)
        page = mail.get_body(("html",))
        if page is not None:
            name.with_suffix(".html").write_text(page.get_content())
        return "250 kept"

    def between(self, begin: datetime, end: datetime) -> list[tuple[datetime, str]]:
        """Hour and subject of the mails of a span of time."""
        return [(moment, str(mail["Subject"])) for moment, mail in self.mails if begin <= moment < end]


@contextmanager
def mailbox(folder: Path, port: int) -> Iterator[Mailbox]:
    """A running mail server."""
    folder.mkdir(parents=True, exist_ok=True)
    box = Mailbox(folder)
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield box
    finally:
        controller.stop()
