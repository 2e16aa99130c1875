"""The rain store: which file of a day is used, what is irregular, what is refused."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from datetime import date, datetime, timedelta
from pathlib import Path

import netCDF4
import numpy as np
import pytest

from sagui_pipelines.errors import SaguiError, SourceCorrupt, SourceInvalid, SourceMissing, SourceNotReady
from sagui_pipelines.hyfaa.rain_rows import day_of_name
from sagui_pipelines.hyfaa.rain_store import RainCatalogue, RainStore

DAY = date(2026, 1, 15)


def catalogue(hyfaa) -> RainCatalogue:
    return RainStore(hyfaa.rain_folder).catalogue()


def read(hyfaa, **options: object) -> np.ndarray:
    hyfaa.rain(DAY, **options)
    store = RainStore(hyfaa.rain_folder)
    return store.read(store.catalogue().files[0])


def refusal(hyfaa, kind: type[SaguiError], values: list[float]) -> SaguiError:
    name = hyfaa.rain(DAY, values)
    store = RainStore(hyfaa.rain_folder)
    with pytest.raises(kind) as caught:
        store.read(store.catalogue().files[0])
    assert caught.value.source.endswith(name)
    assert "run HYFAA's forcing step again" in caught.value.remedy
    return caught.value


def test_one_file_a_day(hyfaa) -> None:
    names = [hyfaa.rain(DAY + timedelta(days=k)) for k in (2, 0, 1)]
    found = catalogue(hyfaa)
    assert [file.date for file in found.files] == [DAY, DAY + timedelta(days=1), DAY + timedelta(days=2)]
    assert [file.version for file in found.files] == [names[1], names[2], names[0]]
    assert found.problems == ()
    first = found.files[0]
    assert first.path == hyfaa.rain_folder / "data_store" / names[1]
    assert (first.product_type, first.grid_status) == ("analysis", "complete")
    assert first.date_added == datetime(2026, 3, 1, 6, 17, 32, 123000)  # noqa: DTZ001


def test_values_are_those_of_the_file(hyfaa) -> None:
    values = np.random.default_rng(0).gamma(0.3, 20.0, 500).astype(np.float32)
    found = read(hyfaa, values=values)
    assert found.dtype == np.float64
    np.testing.assert_array_equal(found, values.astype(np.float64))


def test_trap_08_missing_rain_is_nan(hyfaa) -> None:
    values = [1.0, netCDF4.default_fillvals["f4"], np.nan, np.inf, 2.0]
    assert np.isnan(read(hyfaa, values=values)).tolist() == [False, True, True, True, False]


@pytest.mark.parametrize(
    ("name", "day"),
    [
        ("DATA_20240115T000000000000_20240116T061532123456_0427.nc", date(2024, 1, 15)),
        ("DATA_2021-02-16T00:00:00.000_2021-02-17T06:00:00.123_1234.nc", date(2021, 2, 16)),
        ("DATA_20240115T000000_20240116T061532_0427.nc", None),
        ("DATA_20241315T000000000000_20240116T061532123456_0427.nc", None),
        ("notes.txt", None),
    ],
)
def test_trap_28_names_carry_twelve_digits(name: str, day: date | None) -> None:
    assert day_of_name(name) == day


def test_trap_28_a_row_that_contradicts_its_name_is_not_used(hyfaa) -> None:
    name = hyfaa.rain(DAY)
    hyfaa.rain_sql("UPDATE FILEINFO SET date_data = '2026-01-16T00:00:00.000'")
    found = catalogue(hyfaa)
    assert found.files == ()
    assert found.problems == (f"{name}: its row is dated 2026-01-16, and its name does not say so",)


def test_trap_29_the_listing_is_not_the_catalogue(hyfaa) -> None:
    adding = hyfaa.rain(DAY, status="adding")
    without_file = hyfaa.rain(DAY + timedelta(days=1), with_file=False)
    without_row = hyfaa.rain(DAY + timedelta(days=2), with_row=False)
    good = hyfaa.rain(DAY + timedelta(days=3))
    (hyfaa.rain_folder / "data_store" / "notes.txt").write_bytes(b"")
    found = catalogue(hyfaa)
    assert [file.version for file in found.files] == [good]
    assert found.problems == (
        f"{adding}: its row has the status adding, HYFAA did not finish adding it",
        f"{without_file}: has a row and no file",
        f"{without_row}: has no row",
        "notes.txt: is no file name of HYFAA's",
    )


def test_trap_29_reading_changes_nothing(hyfaa) -> None:
    hyfaa.rain(DAY, status="adding")
    hyfaa.rain(DAY)
    before = {path: (path.stat().st_mtime_ns, path.stat().st_size) for path in hyfaa.workdir.rglob("*")}
    store = RainStore(hyfaa.rain_folder)
    store.read(store.catalogue().files[0])
    assert {
        path: (path.stat().st_mtime_ns, path.stat().st_size) for path in hyfaa.workdir.rglob("*")
    } == before


def test_trap_29_hyfaa_may_write_rain_while_we_read(hyfaa, monkeypatch: pytest.MonkeyPatch) -> None:
    hyfaa.rain(DAY)
    opened: list[object] = []
    original = netCDF4.Dataset

    def watch(name: str, *args: object, **options: object) -> netCDF4.Dataset:
        opened.append(options.get("memory"))
        return original(name, *args, **options)

    store = RainStore(hyfaa.rain_folder)
    file = store.catalogue().files[0]
    monkeypatch.setattr("sagui_pipelines.hyfaa.rain_store.netCDF4.Dataset", watch)
    store.read(file)
    assert opened == [file.path.read_bytes()]


@pytest.mark.parametrize(
    ("revisions", "best"),
    [
        ([("analysis", "complete"), ("analysis", "complete")], 0),
        ([("forecast", "complete"), ("analysis", "complete")], 1),
        ([("analysis", "incomplete"), ("forecast", "complete"), ("analysis", "replaced")], 1),
        ([("analysis", "replaced"), ("forecast", "incomplete")], 1),
    ],
)
def test_trap_30_of_several_revisions_hyfaas_own_is_used(
    hyfaa, revisions: list[tuple[str, str]], best: int
) -> None:
    names = [hyfaa.rain(DAY, product_type=product, grid_status=grid) for product, grid in revisions]
    found = catalogue(hyfaa)
    assert [file.version for file in found.files] == [names[best]]
    assert len(found.problems) == 1
    assert found.problems[0].startswith(f"2026-01-15: {len(names)} revisions, {names[best]} is used")


def test_trap_30_a_best_revision_without_file_gives_way(hyfaa) -> None:
    hyfaa.rain(DAY, with_file=False)
    second = hyfaa.rain(DAY, grid_status="incomplete")
    assert [file.version for file in catalogue(hyfaa).files] == [second]


def test_trap_31_a_gap_stays_a_gap(hyfaa) -> None:
    for k in (0, 4):
        hyfaa.rain(DAY + timedelta(days=k))
    assert [file.date.day for file in catalogue(hyfaa).files] == [15, 19]


def test_trap_32_forecast_rain_is_told_apart(hyfaa) -> None:
    hyfaa.rain(DAY)
    hyfaa.rain(DAY + timedelta(days=5), product_type="forecast")
    assert [file.is_forecast for file in catalogue(hyfaa).files] == [False, True]


def test_trap_33_negative_rain_is_refused(hyfaa) -> None:
    error = refusal(hyfaa, SourceInvalid, [0.0, -2376.0, 3.0, -0.5, 0.0])
    assert error.fact == "has negative rain in 2 of 5 cells, up to -2376 mm"


def test_trap_34_absent_dates_are_the_text_none(hyfaa) -> None:
    name = hyfaa.rain(DAY)
    hyfaa.rain_sql("UPDATE FILEINFO SET date_added_to_db = 'None'")
    found = catalogue(hyfaa)
    assert found.files == ()
    assert found.problems == (f"{name}: its row has the date_added_to_db 'None'",)


def test_trap_35_a_row_adding_is_no_lock(hyfaa) -> None:
    hyfaa.rain(DAY)
    hyfaa.rain(DAY + timedelta(days=1), status="adding", with_file=False)
    found = catalogue(hyfaa)
    assert len(found.files) == 1
    assert "did not finish adding it" in found.problems[0]


def test_trap_35_a_lock_refuses_the_store(hyfaa) -> None:
    hyfaa.rain(DAY)
    lock = hyfaa.rain_folder / "database_manager.sql_lock"
    lock.write_bytes(b"copy")
    with pytest.raises(SourceNotReady, match="delete it") as caught:
        catalogue(hyfaa)
    assert caught.value.source == str(lock)
    assert lock.exists()


@pytest.mark.parametrize(
    ("column", "value", "says"),
    [
        ("data_type", "snow", "its row says snow, not rain"),
        ("product_type", "guess", "unknown quality guess/complete"),
        ("grid_status", "unknown", "unknown quality analysis/unknown"),
        ("date_data", "2026-01-15T06:00:00.000", "not the start of a day"),
        ("date_data", "yesterday", "date_data 'yesterday'"),
        ("file_path", "../../outside.nc", "its name does not say so"),
        ("file_status", None, "has the status None"),
    ],
)
def test_an_irregular_row_is_told_and_not_used(hyfaa, column: str, value: str | None, says: str) -> None:
    hyfaa.rain(DAY)
    hyfaa.rain_sql(f"UPDATE FILEINFO SET {column} = ?", value)
    found = catalogue(hyfaa)
    assert found.files == ()
    assert says in found.problems[0]


def test_more_rain_than_any_day_had(hyfaa) -> None:
    assert (
        "more than 2000 mm in 1 of 2 cells, up to 2400 mm"
        in refusal(hyfaa, SourceInvalid, [2400.0, 1.0]).fact
    )


def test_no_value_at_all(hyfaa) -> None:
    assert "no value in any cell" in refusal(hyfaa, SourceInvalid, [np.nan, np.nan]).fact


@pytest.mark.parametrize("kept", [0, 7, 100, 1000, -1])
def test_a_cut_off_rain_file(hyfaa, kept: int) -> None:
    path = hyfaa.rain_folder / "data_store" / hyfaa.rain(DAY)
    path.write_bytes(path.read_bytes()[:kept])
    store = RainStore(hyfaa.rain_folder)
    with pytest.raises(SourceCorrupt) as caught:
        store.read(store.catalogue().files[0])
    assert caught.value.source == str(path)


def test_a_rain_file_removed_meanwhile(hyfaa) -> None:
    hyfaa.rain(DAY)
    store = RainStore(hyfaa.rain_folder)
    file = store.catalogue().files[0]
    file.path.unlink()
    with pytest.raises(SourceMissing, match="removed after the catalogue was read"):
        store.read(file)


def test_a_rain_file_that_is_a_folder(hyfaa) -> None:
    path = hyfaa.rain_folder / "data_store" / hyfaa.rain(DAY)
    path.unlink()
    path.mkdir()
    store = RainStore(hyfaa.rain_folder)
    with pytest.raises(SourceCorrupt, match="cannot be read"):
        store.read(store.catalogue().files[0])


def test_a_rain_file_of_another_layout(hyfaa) -> None:
    path = hyfaa.rain_folder / "data_store" / hyfaa.rain(DAY)
    with netCDF4.Dataset(path, "a") as dataset:
        dataset.renameVariable("rain", "precipitation")
    store = RainStore(hyfaa.rain_folder)
    with pytest.raises(SourceInvalid, match="has no variable rain"):
        store.read(store.catalogue().files[0])


# ----------------------------------------------------------------------------------------- the catalogue itself


def test_no_store(hyfaa) -> None:
    with pytest.raises(SourceMissing, match="forcing step"):
        catalogue(hyfaa)


def test_no_data_folder(hyfaa) -> None:
    hyfaa.rain_store()
    (hyfaa.rain_folder / "data_store").rmdir()
    with pytest.raises(SourceMissing, match=r"data_store: cannot be listed"):
        catalogue(hyfaa)


def test_an_empty_store(hyfaa) -> None:
    hyfaa.rain_store()
    assert catalogue(hyfaa) == RainCatalogue((), ())


@pytest.mark.parametrize("content", [b"", b"this is not a database at all, whatever its name says" * 40])
def test_a_catalogue_that_is_no_catalogue(hyfaa, content: bytes) -> None:
    hyfaa.rain_store()
    hyfaa.rain_database.write_bytes(content)
    with pytest.raises(SourceCorrupt) as caught:
        catalogue(hyfaa)
    assert caught.value.source == str(hyfaa.rain_database)
    assert hyfaa.rain_database.read_bytes() == content


def test_a_catalogue_being_written(hyfaa, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sagui_pipelines.hyfaa.rain_store._BUSY_SECONDS", 0.1)
    hyfaa.rain(DAY)
    with closing(sqlite3.connect(hyfaa.rain_database, isolation_level=None)) as writer:
        writer.execute("BEGIN EXCLUSIVE")
        with pytest.raises(SourceNotReady, match="is being written"):
            catalogue(hyfaa)
        writer.execute("ROLLBACK")
    assert len(catalogue(hyfaa).files) == 1


def test_trap_29_a_catalogue_cut_off_in_the_middle_of_a_write(hyfaa, tmp_path: Path) -> None:
    hyfaa.rain(DAY)
    killed = tmp_path / "killed"
    with closing(sqlite3.connect(hyfaa.rain_database, isolation_level=None)) as writer:
        writer.execute("PRAGMA cache_size = 1")
        writer.execute("BEGIN EXCLUSIVE")
        for _ in range(2000):  # more than the cache holds: half a transaction is on disk
            writer.execute("INSERT INTO FILEINFO SELECT * FROM FILEINFO LIMIT 1")
        shutil.copytree(hyfaa.rain_folder, killed)
        writer.execute("ROLLBACK")
    assert (killed / "database_manager.sql-journal").stat().st_size > 0
    with pytest.raises(SourceNotReady, match="run it") as caught:
        RainStore(killed).catalogue()
    assert caught.value.source == str(killed / "database_manager.sql")
    assert (killed / "database_manager.sql-journal").exists()


def test_a_path_that_an_address_would_misread(hyfaa, tmp_path: Path) -> None:
    hyfaa.rain(DAY)
    odd = tmp_path / "50% of #1? été"
    hyfaa.rain_folder.rename(odd)
    assert len(RainStore(odd).catalogue().files) == 1
