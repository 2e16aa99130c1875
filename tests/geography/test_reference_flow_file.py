"""Reading reference flows, and everything that is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from sagui_pipelines.errors import ReferenceFlowInvalid, SourceMissing
from sagui_pipelines.geography.reference_flow import read_reference_flow

Write = Callable[..., Path]
GOOD = ("2010-2020", 6, 1, 12.3)


def test_values_keep_their_decimals(write_flows: Write) -> None:
    frame = read_reference_flow(write_flows(GOOD, ("2010-2020", 6, 366, 0.1 + 0.2))).frame
    assert frame["flow"].tolist() == [12.3, 0.1 + 0.2]
    assert frame["day_of_year"].tolist() == [1, 366]
    assert frame["line"].tolist() == [2, 3]


BAD = {
    "day 0": (("2010-2020", 6, 0, 1), "row 3, day_of_year is '0', not a day from 1 to 366"),
    "day 367": (("2010-2020", 6, 367, 1), "row 3, day_of_year is '367'"),
    "half a day": (("2010-2020", 6, 1.5, 1), "row 3, day_of_year is '1.5'"),
    "negative flow": (("2010-2020", 6, 2, -0.1), "row 3, flow is '-0.1', not a flow of at least 0 m3/s"),
    "text": (("2010-2020", 6, 2, "n/a"), "row 3, flow is 'n/a'"),
    "infinite": (("2010-2020", 6, 2, "inf"), "row 3, flow is 'inf'"),
    "no flow": (("2010-2020", 6, 2, ""), "row 3, flow is empty"),
    "no period": (("", 6, 2, 1), "row 3, ref_period is empty"),
    "no minibasin": (("2010-2020", "", 2, 1), "row 3, mini is empty"),
    "double": (("2010-2020", 6, 1, 9), "row 3, period 2010-2020, minibasin 6, day 1 occurs again"),
    "unknown period": (
        ("2020-2030", 6, 1, 9),
        r"row 3, ref_period '2020-2030' is unknown \(add it in the admin",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_wrong_rows_are_named(write_flows: Write, case: str) -> None:
    row, fact = BAD[case]
    with pytest.raises(ReferenceFlowInvalid, match=fact) as caught:
        read_reference_flow(write_flows(GOOD, row), known_periods={"2010-2020"})
    assert caught.value.fact.startswith("1 wrong row")


def test_the_first_ten_of_many_are_listed_with_the_total(write_flows: Write) -> None:
    rows = [("2010-2020", 6, day, -1) for day in range(1, 41)]
    with pytest.raises(ReferenceFlowInvalid) as caught:
        read_reference_flow(write_flows(*rows))
    assert caught.value.fact.startswith("40 wrong rows: row 2, ")
    assert caught.value.fact.count("; row") == 9


def test_header_and_emptiness(write_flows: Write, tmp_path: Path) -> None:
    with pytest.raises(ReferenceFlowInvalid, match="lacks the column day_of_year"):
        read_reference_flow(write_flows(GOOD, header="ref_period,mini,day,flow"))
    with pytest.raises(ReferenceFlowInvalid, match="holds no row"):
        read_reference_flow(write_flows())
    with pytest.raises(SourceMissing):
        read_reference_flow(tmp_path / "absent.csv")
