"""Files that ask for work without end get a part of it that grows with their size alone."""

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
CPU, MEMORY = 1.0, 64 * MIB
LINT_CPU = 2.0  # it reads the file too


def steps(work: Callable[[], Any]) -> int:
    """How many functions are called: the same on every machine, however busy."""
    count = 0

    def counted(frame: Any, event: str, argument: Any) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(counted)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count


def read(data: bytes) -> None:
    with suppress(CalendarTextError):  # refused: the outcome that costs least
        read_all(data, most=1000)


@pytest.mark.parametrize("work", [read, lint], ids=["read", "lint"])
@pytest.mark.parametrize("name", FLOODS)
def test_work_is_no_more_than_proportional_to_the_size(
    name: str, work: Callable[[bytes], Any]
) -> None:
    """Twice the file is at most twice the calls, with room for what is done once."""
    once, twice = FLOODS[name](SMALL), FLOODS[name](2 * SMALL)
    work(calendar(b""))
    single = steps(lambda: work(once))
    double = steps(lambda: work(twice))
    growth = len(twice) / len(once)
    assert double <= 1.3 * growth * single + 2000
    assert double <= CALLS * len(twice)


@pytest.mark.parametrize("name", RULES)
def test_rules_cost_no_more_than_their_budget(name: str) -> None:
    """500 of the costliest rules: each gives days or a fault, within a bounded number of calls."""
    data = of_rule(RULES[name], RULES_OF_A_FILE)
    found = read_all(data, most=1000, steps=20_000)
    positions = {at for at, _ in (*found.records, *found.faults)}
    assert len(positions - {0}) == RULES_OF_A_FILE or max(found.faults) > (0,)
    assert steps(lambda: read_all(data, most=1000, steps=20_000)) < 1_000_000


@pytest.mark.parametrize("what", ["read", "lint"])
@pytest.mark.parametrize("name", files() if SOAK else ["commas of CATEGORIES", "30 February x 500"])
def test_a_megabyte_takes_a_second_of_cpu_and_64_mib(name: str, what: str) -> None:
    """Measured by the clock of the process, which other processes do not turn."""
    cost = cost_of(what, name)
    assert cost.octets <= MEMORY
    if SOAK:  # elsewhere time decides nothing
        assert cost.seconds <= (CPU if what == "read" else LINT_CPU)
