"""The table of edge cases: each number has a test, and each documented limit belongs to a case.

The tests contain all facts that they need. The collection beside the checkout, where it exists,
only confirms that the table is complete.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

CASES = {
    1: "partial date",
    3: "partial date",
    4: "partial date",
    6: "season",
    7: "relation to another event",
    9: "postponed, many times",
    10: "postponed, many times",
    12: "cancelled, number skipped",
    13: "host is not the place",
    15: "suspended and resumed",
    16: "non-contiguous days",
    18: "five countries in one local day",
    19: "spans the new year",
    21: "kind changes during the stay",
    22: "same person, two kinds on the same day",
    24: "sources disagree on the days",
    25: "source is wrong and can be refuted",
    27: "host in two countries",
    28: "two towns, two zone ids",
    30: "trip is not the summit",
    31: "fixed +01:00 offset in summer",
    33: "placeholder time",
    34: "nearly ISO",
    36: "edition number disputed",
    37: "same number, other body",
    39: "state no longer exists",
    40: "state renamed",
    42: "not a state / not a UN member",
    43: "government in exile, provisional",
    45: "place not in that country",
    46: "coordinates of a centroid",
    48: "zone id surprises",
    49: "date line and missing day",
    51: "two leaders of one state",
    52: "principal absent",
    54: "names",
    55: "titles glued to names",
    57: "time in the text",
    58: "membership lags",
    60: "two summits, one city, same days",
    61: "published before the fact, source dated after it",
    63: "before zones existed",
}
TESTED = {
    int(number)
    for path in Path(__file__).parent.glob("test_*.py")
    for number in re.findall(
        r'(?:def test_|^    ")n(\d\d)[_"]', path.read_text("utf-8"), re.MULTILINE
    )
}


@pytest.mark.parametrize("number", CASES, ids=lambda number: f"n{number:02}")
def test_each_case_is_tested(number: int) -> None:
    assert number in TESTED, CASES[number]


def test_table_equals_the_collection(shared_data: Path) -> None:
    path = shared_data / "nasty.ndjson"
    if not path.is_file():
        pytest.skip("no nasty.ndjson in ../shared/data")
    cases = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert {case["n"]: case["category"] for case in cases} == CASES


def test_documented_limits_belong_to_tested_cases() -> None:
    page = (ROOT / "docs" / "limits.md").read_text(encoding="utf-8")
    numbers = {int(number) for number in re.findall(r"^\| n(\d\d) \|", page, re.MULTILINE)}
    assert numbers and numbers <= TESTED, "a limit belongs to a case that is otherwise tested"
