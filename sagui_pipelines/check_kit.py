"""What all asset checks share: a finding in words, turned into Dagster's result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import dagster as dg

SHOWN = 5
ERROR, WARN = dg.AssetCheckSeverity.ERROR, dg.AssetCheckSeverity.WARN


@dataclass(frozen=True)
class Finding:
    """What a check found.

    Attributes:
        well: nothing has to be done.
        fact: what is the case, with figures.
        remedy: what to do about it; empty when all is well.
        facts: figures and first examples, by name.
        severity: how bad it is; None = as the check says.
    """

    well: bool
    fact: str
    remedy: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    severity: dg.AssetCheckSeverity | None = None


def result(finding: Finding, severity: dg.AssetCheckSeverity) -> dg.AssetCheckResult:
    """The finding as Dagster's result: the fact as description, the remedy among the metadata."""
    metadata = dict(finding.facts) | ({"remedy": finding.remedy} if finding.remedy else {})
    return dg.AssetCheckResult(
        passed=finding.well,
        severity=finding.severity or severity,
        description=finding.fact,
        metadata=metadata,
    )


def from_problems(problems: Sequence[str], well: str, remedy: str) -> Finding:
    """A finding that lists problems, the first few in words."""
    if not problems:
        return Finding(True, well)
    more = f"; and {len(problems) - SHOWN} more" if len(problems) > SHOWN else ""
    return Finding(False, "; ".join(problems[:SHOWN]) + more, remedy, {"problems": len(problems)})
