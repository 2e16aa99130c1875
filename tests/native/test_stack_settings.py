"""What the operator decided, and what stays decided."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tools.native.errors import LaunchError
from tools.native.settings import Settings, read, with_basin


def test_environment_wins_over_the_file(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("SAGUI_CELLS=300\nSAGUI_SEED=5\nOTHER=1\n# SAGUI_PORT_OFFSET=7\n")
    settings = read({"SAGUI_CELLS": "400", "HOME": "/root", "SAGUI_GEODATA_DIR": ""}, tmp_path)
    assert settings.values == {"SAGUI_CELLS": "400", "SAGUI_SEED": "5"}
    assert settings.port_offset == 0


def test_relative_paths_start_at_the_project(tmp_path: Path) -> None:
    settings = read(
        {"SAGUI_HYFAA_WORKDIR": "../hyfaa", "SAGUI_STATIONS_FILE": "/data/stations.xlsx"}, tmp_path
    )
    assert settings.get("SAGUI_HYFAA_WORKDIR") == f"{tmp_path}/../hyfaa"
    assert settings.get("SAGUI_STATIONS_FILE") == "/data/stations.xlsx"


def test_port_offset_must_be_a_number() -> None:
    assert Settings({"SAGUI_PORT_OFFSET": "100"}).port_offset == 100
    with pytest.raises(LaunchError, match="whole number"):
        _ = Settings({"SAGUI_PORT_OFFSET": "1OO"}).port_offset


def test_first_day_is_chosen_once(tmp_path: Path) -> None:
    first = with_basin(Settings({}), tmp_path, date(2024, 2, 29))
    assert first.get("SAGUI_HISTORY_START") == "2021-02-28"
    later = with_basin(Settings({}), tmp_path, date(2026, 7, 1))
    assert later.values == first.values


def test_other_basin_than_the_data_is_refused(tmp_path: Path) -> None:
    with_basin(Settings({"SAGUI_CELLS": "200"}), tmp_path, date(2026, 7, 1))
    assert with_basin(Settings({}), tmp_path).get("SAGUI_CELLS") == "200"
    with pytest.raises(LaunchError, match="SAGUI_CELLS is 300") as raised:
        with_basin(Settings({"SAGUI_CELLS": "300"}), tmp_path)
    assert "make clean" in raised.value.remedy


def test_own_files_have_no_basin(tmp_path: Path) -> None:
    settings = Settings({"SAGUI_HYFAA_RUNNER": "none"})
    assert with_basin(settings, tmp_path) is settings
    assert list(tmp_path.iterdir()) == []
