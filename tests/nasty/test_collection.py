"""Which cases of the collection beside the checkout are tested here.

The facts stand in the tests, which need nothing else; the collection is only asked which cases
there are. What is not built of a case is in docs/limits.md, by the same numbers.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

# Categories of the collection that are about time; the others are people, names and bodies.
TIME = {
    "partial date", "season", "relation to another event", "postponed, many times",
    "host is not the place", "suspended and resumed", "non-contiguous days",
    "five countries in one local day", "spans the new year", "kind changes during the stay",
    "two towns, two zone ids", "fixed +01:00 offset in summer", "placeholder time", "nearly ISO",
    "coordinates of a centroid", "zone id surprises", "date line and missing day",
    "time in the text", "before zones existed",
}  # fmt: skip
TIMELESS = {
    "cancelled, number skipped", "same person, two kinds on the same day",
    "sources disagree on the days", "source is wrong and can be refuted", "host in two countries",
    "trip is not the summit", "edition number disputed", "same number, other body",
    "state no longer exists", "state renamed", "not a state / not a UN member",
    "government in exile, provisional", "place not in that country", "two leaders of one state",
    "principal absent", "names", "titles glued to names", "membership lags",
    "two summits, one city, same days", "published before the fact, source dated after it",
}  # fmt: skip
TESTED = {
    number
    for path in Path(__file__).parent.glob("test_*.py")
    for number in re.findall(
        r'(?:def test_|^    ")(n\d\d)[_"]', path.read_text("utf-8"), re.MULTILINE
    )
}


def test_every_case_of_the_collection_is_tested(shared_data: Path) -> None:
    path = shared_data / "nasty.ndjson"
    if not path.is_file():
        pytest.skip("no nasty.ndjson in ../shared/data")
    cases = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert {case["category"] for case in cases} <= TIME | TIMELESS, "say which kind a new one is"
    assert {f"n{case['n']:02}" for case in cases if case["category"] in TIME} == TESTED


def test_the_limits_name_cases_that_are_tested() -> None:
    page = (ROOT / "docs" / "limits.md").read_text(encoding="utf-8")
    named = set(re.findall(r"^\| (n\d\d) \|", page, re.MULTILINE))
    assert named and named <= TESTED, "what is left out is said of a case that is otherwise right"
