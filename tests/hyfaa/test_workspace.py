"""The two folders that everything depends on."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from sagui_pipelines.errors import SourceMissing, WorkspaceUnwritable
from sagui_pipelines.hyfaa.workspace import check_state_dir, check_workdir


def test_a_working_directory(hyfaa) -> None:
    hyfaa.portal()
    check_workdir(hyfaa.workdir)


def test_a_working_directory_with_rain_only(hyfaa) -> None:
    hyfaa.rain_store()
    check_workdir(hyfaa.workdir)


def test_no_working_directory(tmp_path: Path) -> None:
    with pytest.raises(SourceMissing, match=r"does not exist\. Set SAGUI_HYFAA_WORKDIR"):
        check_workdir(tmp_path / "none")


def test_the_working_directory_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(SourceMissing, match="is a file"):
        check_workdir(tmp_path / "file")


def test_a_folder_of_something_else(tmp_path: Path) -> None:
    (tmp_path / "holidays").mkdir()
    with pytest.raises(SourceMissing, match="holds none of the folders assimilated_solution_databases"):
        check_workdir(tmp_path)


def test_a_working_directory_that_may_not_be_read(hyfaa, monkeypatch: pytest.MonkeyPatch) -> None:
    hyfaa.portal()
    monkeypatch.setattr("os.access", lambda *_: False)
    with pytest.raises(SourceMissing, match="may not be read"):
        check_workdir(hyfaa.workdir)


def test_a_state_folder_is_made_and_left_empty(tmp_path: Path) -> None:
    check_state_dir(tmp_path / "a" / "b")
    assert list((tmp_path / "a" / "b").iterdir()) == []


def test_a_file_where_the_state_folder_should_be(tmp_path: Path) -> None:
    (tmp_path / "state").write_bytes(b"")
    for folder in (tmp_path / "state", tmp_path / "state" / "deeper"):
        with pytest.raises(WorkspaceUnwritable, match=r"state.* cannot be written"):
            check_state_dir(folder)


def test_a_state_folder_on_a_read_only_place() -> None:
    with pytest.raises(WorkspaceUnwritable, match="Make the state folder writable"):
        check_state_dir(Path("/proc/self"))


def test_a_disk_almost_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = type(shutil.disk_usage(tmp_path))
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(10**9, 10**9 - 150 * 10**6, 150 * 10**6))
    with pytest.raises(WorkspaceUnwritable, match="has 150 MB free on its disk, and 200 are needed"):
        check_state_dir(tmp_path)
