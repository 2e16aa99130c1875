"""Ways in which a step of HYFAA fails; the table in docs/hyfaa-runners.md has a row for each."""

from __future__ import annotations

from sagui_pipelines.errors import SaguiError


class StepFailed(SaguiError):
    """A step ended without its work done, for a reason that its output does not tell."""


class StepIncomplete(SaguiError):
    """A step ended with status 0 and left less than it must: HYFAA swallows some of its failures."""

    retryable = True


class StepKilled(SaguiError):
    """A step was ended by a signal."""

    retryable = True


class StepTimedOut(SaguiError):
    """A step did not end in its time; it was interrupted."""


class StepRefused(SaguiError):
    """A step was not started, because HYFAA would destroy good results before it notices what is wrong."""


class StoreBusy(SaguiError):
    """Another step works on a store that this one needs."""

    retryable = True


class StoreLocked(SaguiError):
    """HYFAA found the lock of another writer on its database."""

    retryable = True


class StoreInconsistent(SaguiError):
    """A catalogue of HYFAA's holds rows that a killed step left half added."""

    retryable = True


class RainUnavailable(SaguiError):
    """The rain service did not answer."""

    retryable = True


class RainMissing(SaguiError):
    """The rain store has no rain for days that the model must compute."""


class AltimetryUnavailable(SaguiError):
    """The altimetry service did not answer."""

    retryable = True


class StationMissing(SaguiError):
    """The altimetry service had no file for a station of the configuration."""

    retryable = True


class AccessDenied(SaguiError):
    """The altimetry service needs a key, or refused the one it was given."""


class ObservationsMissing(SaguiError):
    """The database of observations was not there when the model looked for it."""

    retryable = True


class ModelFailed(SaguiError):
    """The river model itself failed."""


class EnsembleChanged(SaguiError):
    """The configuration asks for another number of members than the stored states have."""


class ScienceFileUnusable(SaguiError):
    """The file from which a postprocessing goes on does not match; the next execution makes it anew."""

    retryable = True


class PortalInUse(SaguiError):
    """A reader held the portal file open while the postprocessing wanted to write it."""

    retryable = True


class ProgramMissing(SaguiError):
    """A program that a step needs is not installed."""


class EngineUnavailable(SaguiError):
    """Docker Engine does not answer."""

    retryable = True


class ImageUnavailable(SaguiError):
    """The image of HYFAA is not on this machine and cannot be fetched."""


class MemoryExceeded(SaguiError):
    """A step was ended because it used more memory than it may."""
