"""Whom to tell, how, in which language: read from the environment once, typed and checked."""

from __future__ import annotations

import socket
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Self

from pydantic import AliasChoices, Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from sagui_pipelines.alarms.problem import Destination, Severity
from sagui_pipelines.errors import SettingsInvalid

_PREFIX = "SAGUI_ALARM_"


class Language(StrEnum):
    """Languages of messages to operators."""

    ENGLISH = "en"
    FRENCH = "fr"
    PORTUGUESE = "pt"


class Security(StrEnum):
    """How the connection to the mail server is protected."""

    STARTTLS = "starttls"
    SSL = "ssl"
    NONE = "none"


_SMTP_PORT = {Security.STARTTLS: 587, Security.SSL: 465, Security.NONE: 25}


class AlarmSettings(BaseSettings):
    """Settings of the messages to operators, each from the variable `SAGUI_ALARM_<NAME>`.

    Attributes:
        name: what the platform calls itself in subjects, to tell installations apart.
        language: language of the messages; facts that come from errors stay English.
        minimum_severity: problems below it are recorded but nobody is told.
        mail_to: who receives mails; none by default.
        mail_from: their sender.
        smtp_host: mail server; empty = no mails.
        smtp_port: its port; by default the usual one of `smtp_security`.
        smtp_security: STARTTLS (default), SSL from the first byte, or none.
        smtp_user, smtp_password_file: login, where the server wants one; the password is read from a file.
        smtp_ca_file: certificate authority of the mail server, where it is not a public one.
        smtp_timeout_s: how long the server may take for one answer [s].
        webhook_url: where messages are posted as JSON; empty = nowhere.
        webhook_secret_file: file with the secret that signs what is posted.
        webhook_timeout_s: how long the receiver may take [s].
        dagster_url: address of the Dagster UI as operators reach it, for links.
        runbook_url: address of the runbook, for links.
        deadline_hour: hour of the day (UTC) by which yesterday's data must be there.
        missed_slots: missing days from which on a series is overdue.
        state_dir: folder of the platform's state; messages that nobody is configured to receive go there.
    """

    model_config = SettingsConfigDict(
        env_prefix=_PREFIX, env_ignore_empty=True, frozen=True, populate_by_name=True
    )

    name: str = "SAGUI"
    language: Language = Language.ENGLISH
    minimum_severity: Severity = Severity.WARNING
    mail_to: Annotated[tuple[str, ...], NoDecode] = ()
    mail_from: str = ""
    smtp_host: str = ""
    smtp_port: int | None = Field(default=None, ge=1, le=65535)
    smtp_security: Security = Security.STARTTLS
    smtp_user: str = ""
    smtp_password_file: Path | None = None
    smtp_ca_file: Path | None = None
    smtp_timeout_s: float = Field(default=15, gt=0)
    webhook_url: str = Field(default="", pattern=r"^(https?://\S+)?$")
    webhook_secret_file: Path | None = None
    webhook_timeout_s: float = Field(default=10, gt=0)
    dagster_url: str = Field(
        default="", validation_alias=AliasChoices(f"{_PREFIX}DAGSTER_URL", "SAGUI_DAGSTER_URL")
    )
    runbook_url: str = ""
    deadline_hour: int = Field(default=15, ge=0, le=23)
    missed_slots: int = Field(default=1, ge=1)
    state_dir: Path = Field(default=Path(".sagui"), validation_alias="SAGUI_STATE_DIR")

    @field_validator("mail_to", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator("mail_to")
    @classmethod
    def _addresses(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for address in value:
            if address.count("@") != 1 or any(character.isspace() for character in address):
                raise ValueError(f"{address} is not a mail address")
        return value

    @field_validator("minimum_severity", mode="before")
    @classmethod
    def _severity(cls, value: object) -> object:
        if isinstance(value, str) and value.upper() in Severity.__members__:
            return Severity[value.upper()]
        return value

    @model_validator(mode="after")
    def _complete(self) -> Self:
        for given, missing, name in (
            (self.smtp_host, not self.mail_to, "MAIL_TO"),
            (self.mail_to, not self.smtp_host, "SMTP_HOST"),
            (self.smtp_user, self.smtp_password_file is None, "SMTP_PASSWORD_FILE"),
        ):
            if given and missing:
                raise ValueError(f"{_PREFIX}{name} is missing")
        return self

    @property
    def sender(self) -> str:
        """Sender of the mails."""
        return self.mail_from or f"sagui@{socket.getfqdn()}"

    @property
    def port(self) -> int:
        """Port of the mail server."""
        return self.smtp_port or _SMTP_PORT[self.smtp_security]

    @property
    def folder(self) -> Path:
        """Where messages are written that nobody is configured to receive."""
        return self.state_dir / "alarms"

    def destinations(self) -> tuple[Destination, ...]:
        """Where every message goes; a folder when neither mail nor webhook is configured."""
        found = [Destination("mail", address) for address in self.mail_to]
        if self.webhook_url:
            found.append(Destination("webhook"))
        return tuple(found) or (Destination("folder"),)


def load_alarm_settings() -> AlarmSettings:
    """Read the settings from the environment; a wrong value names its variable.

    Raises:
        SettingsInvalid: a value makes no sense, or one that another one needs is missing.
    """
    try:
        return AlarmSettings()
    except ValidationError as error:
        first = error.errors()[0]
        place = "_".join(str(part) for part in first["loc"][:1]).upper()
        variable = place if place.startswith("SAGUI_") else f"{_PREFIX}{place}".removesuffix("_")
        raise SettingsInvalid(
            variable, first["msg"], "Correct it; `docs/alarms.md` describes every setting."
        ) from error


def read_secret(path: Path, variable: str) -> str:
    """Content of a file that holds a password, without the end of its line.

    Raises:
        SettingsInvalid: the file cannot be read or is empty.
    """
    try:
        value = path.read_text().strip()
    except OSError as error:
        raise SettingsInvalid(
            variable, f"cannot read {path}: {error.strerror}", "Point it at a readable file."
        ) from error
    if not value:
        raise SettingsInvalid(variable, f"{path} is empty", "Write the secret into it.")
    return value
