"""A real mail server and a real webhook receiver for the tests."""

from __future__ import annotations

import email
import os
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import default as DEFAULT_POLICY  # noqa: N812
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.conftest import free_port

USER = "alarms"
PASSWORD = "correct horse battery staple"  # noqa: S105


@dataclass
class Inbox:
    """What a mail server does with mails.

    Attributes:
        mails: mails accepted, in order.
        refused: recipients that it refuses.
        on_mail: called with each mail before it is accepted.
    """

    mails: list[EmailMessage] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)
    on_mail: Callable[[EmailMessage], None] = lambda _mail: None

    async def handle_RCPT(  # noqa: N802  (the name is the library's)
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Accept or refuse a recipient."""
        if address in self.refused:
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Keep a mail."""
        mail = email.message_from_bytes(envelope.content or b"", policy=DEFAULT_POLICY)
        assert isinstance(mail, EmailMessage)
        self.mails.append(mail)
        self.on_mail(mail)
        return "250 kept"

    def subjects(self) -> list[str]:
        """Subjects in order of arrival."""
        return [str(mail["Subject"]) for mail in self.mails]


def body(mail: EmailMessage, kind: str = "plain") -> str:
    """Text of one part of a mail."""
    part = mail.get_body((kind,))
    assert part is not None
    return str(part.get_content())


@contextmanager
def mail_server(inbox: Inbox, port: int | None = None, **options: Any) -> Iterator[int]:
    """A mail server without protection; yields its port."""
    controller = Controller(inbox, hostname="127.0.0.1", port=port or free_port(), **options)
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that signs itself, and its key."""
    paths = folder / "server.pem", folder / "server.key"
    subprocess.run(
        [
            "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1",
            "-addext", "subjectAltName=IP:127.0.0.1", "-out", str(paths[0]), "-keyout", str(paths[1]),
        ],
        check=True,
        capture_output=True,
    )  # fmt: skip
    return paths


def guarded(certificate_and_key: tuple[Path, Path]) -> dict[str, Any]:
    """Options of a mail server that wants STARTTLS and a login."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate_and_key)

    def check(
        _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: Any
    ) -> AuthResult:
        known = isinstance(data, LoginPassword) and (data.login, data.password) == (
            USER.encode(),
            PASSWORD.encode(),
        )
        return AuthResult(success=known, handled=known)

    return {
        "tls_context": context,
        "require_starttls": True,
        "auth_required": True,
        "auth_require_tls": True,
        "authenticator": check,
    }


@dataclass
class Hook:
    """A webhook receiver.

    Attributes:
        url: its address.
        posts: headers and body of what was posted, in order.
        answers: statuses of the next answers; 204 when it is empty.
    """

    url: str
    posts: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)


@contextmanager
def webhook_receiver(port: int | None = None) -> Iterator[Hook]:
    """A running webhook receiver."""
    port = port or free_port()
    hook = Hook(f"http://127.0.0.1:{port}/hook/secret-path")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["Content-Length"]))
            hook.posts.append((dict(self.headers.items()), content))
            status = hook.answers.pop(0) if hook.answers else 204
            self.send_response(status)
            if status in {301, 302, 307}:
                self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Stay silent."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield hook
    finally:
        server.shutdown()
        server.server_close()


def environment_of(**variables: str) -> dict[str, str]:
    """The environment of a process with some variables."""
    return os.environ | variables
