"""What finding conflicts costs: pairs that are compared, memory, and when the work stops."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from google.protobuf import json_format

from summitry.kinds import BY_COLLECTION, Record
from summitry.v1.agenda_service_pb2 import ConflictKind
from summitry.v1.error_reason_pb2 import ErrorReason
from summitry.zones import default_database
from summitry_server.domain.conflicts import conflicts as module
from summitry_server.domain.conflicts import pair_rules
from summitry_server.domain.conflicts.conflicts import Case, ConflictPosition, Survey
from summitry_server.domain.records.records import prepare
from summitry_server.wire.refusals import RefusedError

MANY = 300
XI = {"id": "xi", "names": [{"text": "Xi Jinping"}]}
DAYS = {"dates": {"first_date": "2024-07-01", "last_date": "2024-07-05"}}


def record(name: str, **fields: Any) -> Record:
    message = BY_COLLECTION[name.split("/")[0]].message()
    json_format.ParseDict({"name": f"calendars/c/{name}", **fields}, message)
    prepare(message, "record", default_database())
    return message


def place(town: str, region: str = "FR") -> list[dict[str, Any]]:
    return [{"localities": [{"text": town, "language_code": "en"}], "region_code": region}]


def visit(number: int, town: str, person: dict[str, Any], time: dict[str, Any] = DAYS) -> Record:
    fields = {"time": time, "places": place(town), "host": {"region_code": "FR"}}
    return record(f"visits/v{number:05}", principals=[person], **fields)


def second(number: int) -> dict[str, Any]:
    clock = f"2024-07-01T{number // 3600:02}:{number // 60 % 60:02}:{number % 60:02}"
    return {"timed": {"start": {"civil_time": clock, "time_zone": "Europe/Paris"}}}


def in_town(number: int, kind: str, time: dict[str, Any] = DAYS) -> Record:
    return record(f"{kind}/{kind[0]}{number:05}", time=time, places=place("Paris"))


def short(number: int) -> dict[str, Any]:
    """Return two days of travel, on which nobody is in two places at once."""
    return {"dates": {"first_date": "2024-07-01", "last_date": "2024-07-02"}}


# Many records that all share a key: the maker of one, and the kind of conflict looked for.
CROWDS: dict[str, tuple[Callable[[int], Record], str]] = {
    "visits of one person to many towns": (lambda n: visit(n, f"T{n}", XI), "PERSON_IN_TWO_PLACES"),
    "visits of one person to one country": (lambda n: visit(n, "Paris", XI), "OVERLAPPING_VISITS"),
    "summits in one town": (lambda n: in_town(n, "summits"), "SIDELINES"),
    "a summit and visits in one town": (
        lambda n: in_town(n, "visits" if n else "summits"),
        "SIDELINES",
    ),
}
# The same without any conflict: here the whole answer must come at little cost.
QUIET: dict[str, tuple[Callable[[int], Record], str]] = {
    "days of travel": (lambda n: visit(n, f"T{n}", XI, short(n)), "PERSON_IN_TWO_PLACES"),
    "moments of one day": (lambda n: visit(n, f"T{n}", XI, second(n)), "PERSON_IN_TWO_PLACES"),
    "namesakes": (
        lambda n: visit(n, f"T{n}", {"id": f"p{n}", "names": [{"text": "John Smith"}]}),
        "PERSON_IN_TWO_PLACES",
    ),
    "visits in one town": (lambda n: in_town(n, "visits"), "SIDELINES"),
}


def survey(records: list[Record], *kinds: str) -> Survey:
    case = Case(records, {record.name: record for record in records}, default_database())
    numbers = [ConflictKind.Value(f"CONFLICT_KIND_{kind}") for kind in kinds]
    return Survey(case, numbers, lambda: None)


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """Yield the number of pairs that rules have compared, as the length of a list."""
    pairs: list[int] = []
    for rule in pair_rules.PAIR_RULES.values():
        compare = type(rule).compare

        def counting(self: Any, a: Any, b: Any, compare: Any = compare) -> Any:
            pairs.append(1)
            return compare(self, a, b)

        monkeypatch.setattr(type(rule), "compare", counting)
    yield pairs


@pytest.mark.parametrize(("make", "kind"), CROWDS.values(), ids=CROWDS)
def test_a_page_compares_as_many_pairs_as_it_shows(
    make: Callable[[int], Record], kind: str, compared: list[int]
) -> None:
    crowd = survey([make(number) for number in range(MANY)], kind)
    for limit in (1, 100):
        compared.clear()
        page = crowd.page(None, limit, lambda: None)
        assert len(page.conflicts) == limit
        assert page.end is not None
        assert len(compared) <= limit + 1


@pytest.mark.parametrize(("make", "kind"), QUIET.values(), ids=QUIET)
def test_empty_answer_compares_few_pairs(
    make: Callable[[int], Record], kind: str, compared: list[int]
) -> None:
    quiet = survey([make(number) for number in range(MANY)], kind)
    assert quiet.page(None, 1, lambda: None) == ([], None)
    assert not compared


def test_the_last_page_is_reached_without_the_pages_before_it(compared: list[int]) -> None:
    crowd = survey([visit(number, "Paris", XI) for number in range(MANY)], "OVERLAPPING_VISITS")
    first = crowd.page(None, 1, lambda: None).end
    assert first is not None
    name = "calendars/c/visits/v{:05}".format
    near = ConflictPosition(first.time, name(MANY - 3), name(MANY - 2), 0, "", "")
    compared.clear()
    page = crowd.page(near, 1000, lambda: None)
    assert [(conflict.name, conflict.other_name) for conflict in page.conflicts] == [
        (name(MANY - 3), name(MANY - 2)),
        (name(MANY - 3), name(MANY - 1)),
        (name(MANY - 2), name(MANY - 1)),
    ]
    assert page.end is None
    assert len(compared) == 3


def test_memory_grows_with_the_records_and_not_with_their_pairs() -> None:
    """50 MB for 2,000 visits of one person on the same days."""
    records = [visit(number, f"T{number}", XI) for number in range(MANY)]
    tracemalloc.start()
    try:
        assert len(survey(records).page(None, 100, lambda: None).conflicts) == 100
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 50_000_000 * MANY / 2000


def test_pages_that_end_early_make_the_same_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    records = [visit(number, "Paris" if number % 3 else "Lyon", XI) for number in range(12)]
    whole = survey(records).page(None, 10_000, lambda: None)
    assert whole.end is None
    monkeypatch.setattr(module, "MOST_WORK", 0)
    pages = [survey(records).page(None, 10_000, lambda: None)]
    while (end := pages[-1].end) is not None:
        pages.append(survey(records).page(end, 10_000, lambda: None))
        assert pages[-1].end is None or pages[-1].end > end
    assert [conflict for page in pages for conflict in page.conflicts] == whole.conflicts
    assert len(whole.conflicts) > len(pages) > 50


class GoneError(Exception):
    """The client has gone."""


def disconnected() -> None:
    raise GoneError


def test_the_work_stops_when_nobody_waits() -> None:
    records = [visit(number, "Paris", XI) for number in range(20)]
    case = Case(records, {}, default_database())
    with pytest.raises(GoneError):
        Survey(case, (), disconnected)
    with pytest.raises(GoneError):
        survey(records).page(None, 1, disconnected)


def test_too_many_parts_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_PARTS", 19)
    with pytest.raises(RefusedError) as refusal:
        survey([visit(number, "Paris", XI) for number in range(20)])
    assert refusal.value.reason == ErrorReason.ERROR_REASON_TOO_MANY_VALUES
    assert refusal.value.metadata == {"limit": "19"}
