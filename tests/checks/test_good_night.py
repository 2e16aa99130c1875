"""Nothing is wrong, and nothing is said to be."""

from __future__ import annotations

from datetime import UTC, datetime, time
from pathlib import Path

import pytest

from sagui_pipelines.flow import table_checks
from sagui_pipelines.hyfaa import health
from sagui_pipelines.hyfaa.mesh import usable_mesh
from sagui_pipelines.hyfaa.snapshot import take_snapshot
from sagui_pipelines.hyfaa.solutions import Solution
from tests.checks.conftest import SERIES, TABLES, TONIGHT, Good, Night

pytestmark = pytest.mark.postgis
NOW = datetime.combine(TONIGHT, time(16), UTC)


def test_a_good_night_passes_every_check(tonight: Night, good: Good) -> None:
    tonight.run()
    assert tonight.errors == {}
    assert tonight.rows() == good.after
    mesh, _ = usable_mesh(tonight.workdir)
    findings = [
        health.mesh(tonight.workdir),
        health.rain_store(tonight.workdir, NOW),
        health.altimetry(tonight.workdir, NOW),
        *(health.plausibility(tonight.snapshots, solution) for solution in Solution),
        health.assimilation(tonight.snapshots),
        *(table_checks.contract(tonight.engine, table, NOW) for table in TABLES),
        *(table_checks.refused(tonight.engine, table) for table in TABLES),
        *(table_checks.freshness(tonight.engine, table, NOW) for table in TABLES),
        *(table_checks.completeness(tonight.engine, table) for table in TABLES if "forecast" not in table),
        *(table_checks.continuity(tonight.engine, solution, mesh) for solution in SERIES),
        *(table_checks.against_usual(tonight.engine, solution) for solution in SERIES),
    ]
    assert [finding.fact for finding in findings if not finding.well] == []


@pytest.mark.shared_data
def test_real_files_raise_no_alarm(shared_data: Path, tmp_path: Path) -> None:
    for solution in Solution:
        snapshot = take_snapshot(shared_data / "niger", solution, tmp_path)
        assert (snapshot.refused, snapshot.notes) == ({}, ())
