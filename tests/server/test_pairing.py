"""The index of parts that can meet: against comparing all pairs, and the work that it takes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from summitry_server.domain.conflicts.pairing import KeyedSpan, Meter, PairIndex


class Part(NamedTuple):
    keys: frozenset[str]
    start: int
    length: int  # may be 0 or less: such a part meets nothing


def spans(part: Part) -> Iterator[KeyedSpan]:
    return (KeyedSpan(key, part.start, part.start + part.length) for key in sorted(part.keys))


def index_of(parts: list[Part]) -> PairIndex[Part]:
    return PairIndex(parts, spans, spans)


def never() -> None:
    raise AssertionError("checked")


parts = st.builds(
    Part,
    st.frozensets(st.sampled_from("abc"), max_size=2),
    st.integers(-300, 300),
    st.integers(-1, 5) | st.integers(0, 400),
)


@given(st.lists(parts, max_size=30))
def test_later_parts_equal_a_look_at_all_pairs(drawn: list[Part]) -> None:
    index = index_of(drawn)
    for number, part in enumerate(drawn):
        seconds = set(range(part.start, part.start + part.length))
        expected = {
            later
            for later in range(number + 1, len(drawn))
            if part.keys & drawn[later].keys
            and seconds & set(range(drawn[later].start, drawn[later].start + drawn[later].length))
        }
        assert index.later(number, Meter(lambda: None)) == expected


@pytest.mark.parametrize(
    ("length", "apart"), [(1, 1), (3600, 3600), (86_400, 86_400 * 2)], ids=["s", "hours", "days"]
)
def test_parts_that_do_not_meet_cost_no_look_at_all_others(length: int, apart: int) -> None:
    many = [Part(frozenset("a"), number * apart, length) for number in range(2000)]
    index, meter = index_of(many), Meter(lambda: None)
    assert not any(index.later(number, meter) for number in range(2000))
    assert meter.spent < 2000 * 20


def test_a_long_part_among_short_ones_is_found_by_each_at_little_cost() -> None:
    long = Part(frozenset("a"), 0, 10**9)
    many = [long, *(Part(frozenset("a"), number * 3600, 60) for number in range(2000))]
    index, meter = index_of(many), Meter(lambda: None)
    assert index.later(0, meter) == set(range(1, 2001))
    spent = meter.spent
    assert not any(index.later(number, meter) for number in range(1, 2001))
    assert meter.spent - spent < 2000 * 20


def test_a_meter_checks_at_the_first_unit_and_then_from_time_to_time() -> None:
    checks: list[int] = []
    meter = Meter(lambda: checks.append(meter.spent))
    for _ in range(10):
        meter.spend(Meter.EVERY // 2)
    assert checks == [Meter.EVERY * half // 2 for half in (1, 3, 5, 7, 9)]
    with pytest.raises(AssertionError, match="checked"):
        Meter(never).spend(1)
