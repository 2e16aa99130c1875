"""The one family of errors that people meet: each names its source, the fact, and the remedy.

`retryable` tells Dagster whether the same call may succeed later without anybody changing anything.
"""

from __future__ import annotations

from pathlib import Path


class SaguiError(Exception):
    """Base of all errors of this platform.

    Args:
        source: the file, table, setting or service concerned, as the reader knows it.
        fact: what is wrong with it, in one clause, with the figures.
        remedy: what to do about it, as an imperative sentence.
    """

    retryable = False

    def __init__(self, source: str | Path, fact: str, remedy: str) -> None:
        self.source = str(source)
        self.fact = fact
        self.remedy = remedy
        super().__init__(f"{self.source}: {fact}. {remedy}")

    def __reduce__(self) -> tuple[type[SaguiError], tuple[str, str, str]]:
        return type(self), (self.source, self.fact, self.remedy)


class SettingsInvalid(SaguiError):
    """A setting is missing or makes no sense."""


class WorkspaceUnwritable(SaguiError):
    """The state folder cannot be written, or its disk is full."""


class SourceMissing(SaguiError):
    """An input file or folder is not there."""


class SourceNotReady(SaguiError):
    """An input exists but is still being written, or a model step holds its lock."""

    retryable = True


class SourceCorrupt(SaguiError):
    """An input cannot be read: empty, truncated, not the format it should be."""


class SourceInvalid(SaguiError):
    """An input can be read but breaks its contract: a variable, an order, a value out of bounds."""


class SourceShrunk(SaguiError):
    """An input ends before what was loaded from it earlier."""


class CellsChanged(SaguiError):
    """The number of cells differs between files, geography or tables."""


class DayNotAvailable(SaguiError):
    """A day was asked for that the source does not hold."""


class GeodataInvalid(SaguiError):
    """A geography file breaks its contract: a field, the CRS, duplicate or unmatched cells."""


class StationsInvalid(SaguiError):
    """A station list breaks its contract: unknown minibasin, doubled name, text in a threshold."""


class ReferenceFlowInvalid(SaguiError):
    """A reference-flow table breaks its contract: unknown period or station, day, flow out of bounds."""


class DatabaseUnavailable(SaguiError):
    """The database does not answer, or the connection was lost in the middle of a transaction."""

    retryable = True


class SchemaOutdated(SaguiError):
    """The database does not hold the tables this version expects."""


class PublicationFailed(SaguiError):
    """A layer could not be published, or the cache could not be told."""

    retryable = True
