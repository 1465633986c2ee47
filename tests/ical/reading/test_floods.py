"""The work on files that demand excessive work grows only with their size."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from summitry.ical.lint import lint
from summitry.ical.reading import CalendarTextError
from summitry.ical.reading.events import RULES as RULES_OF_A_FILE
from tests.conftest import SOAK
from tests.ical.reading.files import read_all
from tests.ical.reading.floods import FLOODS, MIB, RULES, calendar, files, of_rule
from tests.ical.reading.measure import cost_of

SMALL = 8 * 1024
CALLS = 30  # of functions, for an octet; the most is 25, for rules of many numbers
# Beside them: what the days of rules without an end cost, of which a file has 20,000 at most.
EXPANSION = 2_500_000
CPU, MEMORY = 1.0, 64 * MIB
LINT_CPU = 2.0  # it reads the file too


def steps(work: Callable[[], Any]) -> int:
    """Return the number of function calls, which is the same on every machine."""
    count = 0

    def count_call(frame: Any, event: str, argument: Any) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(count_call)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count


def read(data: bytes) -> None:
    with suppress(CalendarTextError):  # a rejection costs least
        read_all(data, most=1000)


@pytest.mark.parametrize("work", [read, lint], ids=["read", "lint"])
@pytest.mark.parametrize("name", FLOODS)
def test_calls_grow_at_most_in_proportion_to_the_size(
    name: str, work: Callable[[bytes], Any]
) -> None:
    """Twice the file is at most twice the calls, with room for what is done once."""
    once, twice = FLOODS[name](SMALL), FLOODS[name](2 * SMALL)
    work(calendar(b""))
    single = steps(lambda: work(once))
    double = steps(lambda: work(twice))
    growth = len(twice) / len(once)
    assert double <= 1.3 * growth * single + 2000
    assert double <= CALLS * len(twice) + EXPANSION


@pytest.mark.parametrize("name", RULES)
def test_costly_rules_stay_within_their_budget(name: str) -> None:
    """500 of the costliest rules: each gives days or a fault, within a bounded number of calls."""
    data = of_rule(RULES[name], RULES_OF_A_FILE)
    result = read_all(data, most=1000, steps=20_000)
    positions = {position for position, _ in (*result.records, *result.faults)}
    assert len(positions - {0}) == RULES_OF_A_FILE or max(result.faults) > (0,)
    assert steps(lambda: read_all(data, most=1000, steps=20_000)) < 1_000_000


SAMPLE = ["commas of CATEGORIES", "30 February x 500", "small events", "one UID", "X- lines"]


@pytest.mark.parametrize("work", ["read", "lint"])
@pytest.mark.parametrize("name", files() if SOAK else SAMPLE)
def test_megabyte_takes_at_most_a_second_of_cpu_and_64_mib(name: str, work: str) -> None:
    """Measure by the CPU clock of the process, which other processes do not affect."""
    cost = cost_of(work, name)
    assert cost.octets <= MEMORY
    if SOAK:  # elsewhere time decides nothing
        assert cost.seconds <= (CPU if work == "read" else LINT_CPU)
