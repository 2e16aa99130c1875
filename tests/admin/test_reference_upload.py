"""Uploading reference flows: preview, confirmation, all or nothing."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from pathlib import Path

import pytest
import requests

from tests.web_site import Site, Visitor

pytestmark = pytest.mark.postgis

UPLOAD = "/admin/sagui/stationsreferenceflow/import-csv/"
LIST = "/admin/sagui/stationsreferenceflow/"
HEADER = "ref_period,mini,day_of_year,flow"
Flows = dict[tuple[str, str, int], float]


def flows(site: Site) -> Flows:
    """Stored flow by period, station and day."""
    rows = site.database.query(
        "SELECT period.period, station.name, flow.day_of_year, flow.flow FROM guyane.stations_reference_flow AS flow"
        " JOIN guyane.stations_reference_flow_period AS period ON period.id = flow.period_id"
        " JOIN guyane.hyfaa_stations AS station ON station.id = flow.station_id"
    )
    return {(str(period), str(name), int(str(day))): float(str(flow)) for period, name, day, flow in rows}


def send(visitor: Visitor, lines: Sequence[str] | bytes, header: str = HEADER) -> requests.Response:
    """Upload a file."""
    content = lines if isinstance(lines, bytes) else "\n".join([header, *lines, ""]).encode()
    return visitor.post(UPLOAD, files={"csv_file": ("flows.csv", content, "text/csv")})


def hidden(page: str) -> dict[str, str]:
    """What the confirmation sends back."""
    return dict(re.findall(r'<input type="hidden" name="(upload|mark)" value="([^"]+)"', page))


def totals(page: str) -> tuple[int, ...]:
    """Numbers of inserted, updated and unchanged flows that a preview announces."""
    return tuple(int(number) for number in re.findall(r"<li><strong>(\d+)</strong>", page))


def reasons(page: str) -> list[str]:
    """Why rows are refused."""
    table = re.search(r'<table class="sagui-problems">(.*?)</table>', page, re.DOTALL)
    found = re.findall(r'<td class="number">(\d+)</td><td>(.*?)</td>', table[1]) if table else []
    return [f"{line} {html.unescape(reason)}" for line, reason in found]


def test_fault_121_nothing_is_written_before_the_confirmation_and_everything_after(
    site: Site, admin: Visitor
) -> None:
    before = flows(site)
    same = before["2010-2020", "Apatou", 3]
    page = send(
        admin,
        [
            "2010-2020,4444,1,1234.5",
            "2010-2020,4444,2,0.1",
            f"2010-2020,4444,3,{same}",
            "1990-2000,4444,366,7.25",
        ],
    ).text
    assert totals(page) == (1, 2, 1)
    assert flows(site) == before
    answer = admin.post(UPLOAD, **hidden(page))
    assert answer.headers["Location"] == LIST
    expected = before | {
        ("2010-2020", "Apatou", 1): 1234.5,
        ("2010-2020", "Apatou", 2): 0.1,
        ("1990-2000", "Apatou", 366): 7.25,
    }
    assert flows(site) == expected, "decimals stay"
    [(provenance,)] = site.database.query(
        "SELECT provenance FROM guyane.stations_reference_flow_period WHERE period = '1990-2000'"
    )
    assert re.fullmatch(r"flows\.csv, SHA-256 [0-9a-f]{16}", str(provenance))
    report = admin.get(LIST).text
    assert "Reference flows loaded: 1 inserted, 2 updated, 1 unchanged." in report
    assert "fewer than 366 days for 2 series" in report
    assert str(provenance) in admin.get("/admin/sagui/stationsreferenceflowperiod/").text
    assert site.database.query("SELECT count(*) FROM guyane.sagui_referenceupload") == [(0,)]
    recorded = site.database.query(
        "SELECT what, who, detail FROM guyane.sagui_configurationchange WHERE who = 'ana' ORDER BY detail"
    )
    assert recorded == [("reference_flow", "ana", "insert 1"), ("reference_flow", "ana", "update 2")]


def test_the_same_file_again_changes_nothing(site: Site, admin: Visitor) -> None:
    lines = [f"2000-2010,4323,{day},{day}.5" for day in range(1, 367)]
    admin.post(UPLOAD, **hidden(send(admin, lines).text))
    page = send(admin, lines).text
    assert totals(page) == (0, 0, 366)
    assert hidden(page) == {}
    assert "There is nothing to write" in page


WRONG_PERIOD = (
    "2 ref_period {} is unknown (add it in the admin; known: 1980-1990, 1990-2000, 2000-2010, 2010-2020)"
)
WRONG_ROWS = {
    "overflow": ("2010-2020,4444,1,1e400", "2 flow is '1e400', not a flow of at least 0 m3/s"),
    "negative": ("2010-2020,4444,1,-4", "2 flow is '-4', not a flow of at least 0 m3/s"),
    "blank": ("2010-2020,4444,1,", "2 flow is empty, not a flow of at least 0 m3/s"),
    "nan": ("2010-2020,4444,1,nan", "2 flow is 'nan', not a flow of at least 0 m3/s"),
    "day 0": ("2010-2020,4444,0,1", "2 day_of_year is '0', not a day from 1 to 366"),
    "day 367": ("2010-2020,4444,367,1", "2 day_of_year is '367', not a day from 1 to 366"),
    "half a minibasin": ("2010-2020,44.5,1,1", "2 mini is '44.5', not the number of a minibasin"),
    "huge minibasin": ("2010-2020,99999999999,1,1", "2 mini is '99999999999', not the number of a minibasin"),
    "no period": (",4444,1,1", "2 ref_period is empty, not the name of a period"),
    "unknown period": (
        "2020-2030,4444,1,1",
        WRONG_PERIOD.format("'2020-2030'"),
    ),
    "fault 114": (
        "\"x' OR '1'='1\",4444,1,1",
        WRONG_PERIOD.format("\"x' OR '1'='1\""),
    ),
}


@pytest.mark.parametrize("case", WRONG_ROWS)
def test_fault_122_a_wrong_row_is_named_and_nothing_is_loaded(site: Site, admin: Visitor, case: str) -> None:
    before = flows(site)
    row, reason = WRONG_ROWS[case]
    answer = send(admin, [row, "2010-2020,4444,5,999"])
    assert answer.status_code == 200
    assert reasons(answer.text) == [reason]
    assert "Nothing is loaded until every row is right." in answer.text
    assert hidden(answer.text) == {}
    assert flows(site) == before


def test_fault_122_doubled_rows_are_refused(admin: Visitor) -> None:
    page = send(admin, ["2010-2020,4444,1,1", "2010-2020,4444,1,2"]).text
    assert reasons(page) == ["3 period 2010-2020, minibasin 4444, day 1 occurs again"]


def test_the_first_of_many_wrong_rows_are_listed_with_their_number(admin: Visitor) -> None:
    page = send(admin, [f"2010-2020,4444,{day},-1" for day in range(1, 101)]).text
    assert len(reasons(page)) == 25
    assert "100 rows are refused" in page
    assert "and 75 more rows" in page


WRONG_FILES = {
    "empty": (b"", "is empty"),
    "header only": (HEADER.encode(), "holds no row"),
    "wrong columns": (b"a,b\n1,2\n", "lacks the column ref_period, mini, day_of_year, flow; it has a, b"),
    "semicolons": (b"ref_period;mini;day_of_year;flow\n2010-2020;4444;1;1\n", "lacks the column"),
    "not text": (b"\xff\xfe\x00\x01" * 50, "is not a csv file in UTF-8"),
    "NUL": (b"ref_period,mini,day_of_year,flow\n2010-2020,4444,1,\x001\n", ""),
}


@pytest.mark.parametrize("case", WRONG_FILES)
def test_fault_122_what_is_no_reference_file_is_refused(site: Site, admin: Visitor, case: str) -> None:
    content, fact = WRONG_FILES[case]
    before = flows(site)
    answer = send(admin, content)
    assert answer.status_code == 200
    assert html.escape(fact) in answer.text
    assert hidden(answer.text) == {}
    assert flows(site) == before


def test_fault_122_no_file_is_said_so(admin: Visitor) -> None:
    answer = admin.post(UPLOAD)
    assert answer.status_code == 200
    assert "This field is required." in answer.text


def test_a_file_that_is_too_large_is_refused_unread(admin: Visitor) -> None:
    assert "larger than 10 MB" in send(admin, b"x" * (10 * 2**20 + 1)).text


def test_fault_122_minibasins_without_station_are_named(site: Site, admin: Visitor) -> None:
    page = send(admin, ["1980-1990,4444,1,5", "1980-1990,77,1,5", "1980-1990,88,1,5"]).text
    assert totals(page) == (1, 0, 0)
    assert "2 minibasins of the file carry no station and are left out:" in page
    assert re.search(r"left out:\s+77, 88", page)
    strangers = send(admin, ["1980-1990,77,1,5"]).text
    assert hidden(strangers) == {}


def test_fault_123_every_station_on_a_minibasin_gets_the_series(site: Site, admin: Visitor) -> None:
    site.database.query(
        "INSERT INTO guyane.hyfaa_stations (code, name, minibasin_id) VALUES ('twin', 'Twin', 4410)"
    )
    page = send(admin, ["1980-1990,4410,1,5", "1980-1990,4410,2,6"]).text
    assert totals(page) == (4, 0, 0)
    admin.post(UPLOAD, **hidden(page))
    stored = flows(site)
    for name in ("Twin", "Grand Santi"):
        assert (stored["1980-1990", name, 1], stored["1980-1990", name, 2]) == (5, 6)
    site.database.query(
        "DELETE FROM guyane.stations_reference_flow WHERE station_id IN"
        " (SELECT id FROM guyane.hyfaa_stations WHERE code = 'twin');"
        " DELETE FROM guyane.hyfaa_stations WHERE code = 'twin'"
    )


def test_fault_124_incomplete_and_zero_series_are_shown(admin: Visitor) -> None:
    page = send(admin, ["1990-2000,4360,1,0", "1990-2000,4360,2,0"]).text
    assert re.search(r"2 / 366 <span class=\"sagui-bad\">incomplete</span>", page)
    listed = admin.get(LIST).text
    assert re.search(r'class="sagui-good">366</a>', listed)
    assert re.search(r'class="sagui-bad">366</a><small> 366 zeros', listed), "Saut Sabbat is zero all year"
    assert re.search(r'class="sagui-none">0</a>', listed)


def test_fault_114_no_copy_of_an_upload_stays_and_no_name_is_interpreted(
    temporary_files: Path, admin: Visitor
) -> None:
    page = send(admin, ["2010' or '1'='1,4444,1,7"])
    [reason] = reasons(page.text)
    assert reason.startswith("2 ref_period")
    assert "is unknown" in reason
    send(admin, ["2010-2020,4444,1,7"])
    assert [path.name for path in temporary_files.rglob("*") if path.suffix == ".csv"] == []


def test_fault_005_zeros_that_a_conversion_explains_spare_the_series(site: Site, admin: Visitor) -> None:
    zeros = "UPDATE guyane.stations_reference_flow SET flow = 0 WHERE station_id = 4 AND day_of_year <= 80"
    site.database.query(zeros)
    assert 'class="sagui-bad">366</a><small> 80 zeros' in admin.get(LIST).text
    site.database.query("UPDATE guyane.hyfaa_stations SET reference_conversion = 'f - 75' WHERE id = 4")
    assert 'class="sagui-good">366</a><small> 80 zeros' in admin.get(LIST).text


def test_flows_that_changed_since_the_preview_are_shown_again(site: Site, admin: Visitor) -> None:
    page = send(admin, ["2010-2020,4360,10,77"]).text
    site.database.query(
        "UPDATE guyane.stations_reference_flow SET flow = 77 WHERE day_of_year = 10 AND station_id = 4"
    )
    again = admin.post(UPLOAD, **hidden(page))
    assert again.status_code == 200
    assert "changed since the preview" in again.text
    assert totals(again.text) == (0, 0, 1)


def test_only_who_uploaded_may_confirm_and_only_once(site: Site, admin: Visitor) -> None:
    site.add_user(
        "bea", "add_stationsreferenceflow", "change_stationsreferenceflow", "view_stationsreferenceflow"
    )
    bea = site.login("bea")
    before = flows(site)
    fields = hidden(send(admin, ["2010-2020,4239,20,123"]).text)
    assert bea.post(UPLOAD, **fields).headers["Location"] == UPLOAD
    assert "no longer there" in bea.get(UPLOAD).text
    assert flows(site) == before
    assert admin.post(UPLOAD, **fields).headers["Location"] == LIST
    assert admin.post(UPLOAD, **fields).headers["Location"] == UPLOAD
    assert admin.post(UPLOAD, upload="nonsense", mark="x").headers["Location"] == UPLOAD


def test_reasons_come_in_the_readers_language(site: Site) -> None:
    french = send(site.login(language="fr"), ["2010-2020,4444,0,1"]).text
    assert reasons(french) == ["2 day_of_year vaut '0', ce n'est pas un jour de 1 à 366"]
    portuguese = send(site.login(language="pt-BR"), ["2010-2020,4444,0,1"]).text
    assert reasons(portuguese) == ["2 day_of_year é '0', não é um dia de 1 a 366"]


def test_the_list_can_be_filtered_but_not_edited(admin: Visitor) -> None:
    page = admin.get(LIST, period__id__exact=1, station__id__exact=2, q="60").text
    assert len(re.findall(r'<td class="field-shown_day">60</td>', page)) == 1
    assert admin.get(f"{LIST}add/").status_code == 403
    fields = {"action": "delete_selected", "_selected_action": 1, "post": "yes"}
    admin.post(LIST, **fields)
    assert len(re.findall("field-shown_day", admin.get(LIST).text)) == 366
