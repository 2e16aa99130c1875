"""Messages as mails over SMTP."""

from __future__ import annotations

import smtplib
import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import format_datetime

from sagui_pipelines.alarms import wording
from sagui_pipelines.alarms.errors import ChannelDown, MessageRefused
from sagui_pipelines.alarms.problem import Message, Occasion, Severity
from sagui_pipelines.alarms.settings import AlarmSettings, Security, read_secret

_REMEDY = "It is tried again by itself; look at the SAGUI_ALARM_SMTP_* settings if it does not pass."


@dataclass(frozen=True)
class Mail:
    """Sends messages through one mail server, one recipient per mail."""

    settings: AlarmSettings

    def send(self, message: Message, address: str) -> None:
        """Hand one message to the server.

        Raises:
            ChannelDown: the server does not answer, offers no protection, or refuses the login.
            MessageRefused: it refuses this recipient or this message.
            SettingsInvalid: a file named by the settings cannot be read.
        """
        mail = compose(message, address, self.settings)
        place = f"{self.settings.smtp_host}:{self.settings.port}"
        try:
            with self._connection() as server:
                server.send_message(mail)
        except (smtplib.SMTPRecipientsRefused, smtplib.SMTPSenderRefused, smtplib.SMTPDataError) as error:
            raise MessageRefused(
                place, f"refused the mail to {address} ({_reason(error)})", _REMEDY
            ) from error
        except (OSError, smtplib.SMTPException) as error:
            raise ChannelDown(place, f"took no mail ({_reason(error)})", _REMEDY) from error

    def _connection(self) -> smtplib.SMTP:
        settings = self.settings
        if settings.smtp_security is Security.SSL:
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                settings.smtp_host, settings.port, timeout=settings.smtp_timeout_s, context=self._trust()
            )
        else:
            server = smtplib.SMTP(settings.smtp_host, settings.port, timeout=settings.smtp_timeout_s)
        try:
            if settings.smtp_security is Security.STARTTLS:
                server.starttls(context=self._trust())
            if settings.smtp_user and settings.smtp_password_file:
                password = read_secret(settings.smtp_password_file, "SAGUI_ALARM_SMTP_PASSWORD_FILE")
                server.login(settings.smtp_user, password)
        except BaseException:
            server.close()
            raise
        return server

    def _trust(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self.settings.smtp_ca_file)


def compose(message: Message, address: str, settings: AlarmSettings) -> EmailMessage:
    """The mail of a message: plain text and HTML, threaded with the mail that opened the incident."""
    domain = settings.sender.rpartition("@")[2] or "localhost"
    mail = EmailMessage()
    mail["Subject"] = wording.subject(message, settings)
    mail["From"] = settings.sender
    mail["To"] = address
    mail["Date"] = format_datetime(message.written_at)
    # The same at every attempt: a server or reader that got it twice can tell.
    mail["Message-ID"] = f"<{message.uid}@{domain}>"
    if message.thread != message.uid:
        mail["In-Reply-To"] = mail["References"] = f"<{message.thread}@{domain}>"
    mail["Auto-Submitted"] = "auto-generated"
    if message.occasion is not Occasion.CLOSED and message.problem.severity is Severity.ERROR:
        mail["Importance"] = "high"
    mail.set_content(wording.plain(message, settings))
    mail.add_alternative(wording.html(message, settings), subtype="html")
    return mail


def _reason(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())}"[:300]
