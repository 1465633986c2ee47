"""Backoff of a broken watch."""

from __future__ import annotations

import pytest

from summitry.errors import ERRORS, CallError
from summitry.watching.backoff import FATAL, FIRST, MOST, Backoff


def broken(code: str = "UNAVAILABLE") -> CallError:
    return ERRORS[code]("broken", code=code)


def test_waits_double_to_a_limit() -> None:
    backoff = Backoff()
    for number in range(20):
        whole = min(FIRST * 2**number, MOST)
        assert whole / 2 <= backoff.delay_after(broken()) <= whole
    backoff.reset()
    assert backoff.delay_after(broken()) <= FIRST


@pytest.mark.parametrize("code", sorted(ERRORS))
def test_permanent_error_is_raised(code: str) -> None:
    if code in FATAL:
        with pytest.raises(ERRORS[code]):
            Backoff().delay_after(broken(code))
    else:
        assert Backoff().delay_after(broken(code)) <= FIRST


def test_retries_end_after_the_time_limit() -> None:
    now = 100.0
    backoff = Backoff(5.0, lambda: now)
    backoff.delay_after(broken())
    now += 4.9
    backoff.delay_after(broken())
    backoff.reset()
    now += 4.9
    backoff.delay_after(broken())
    now += 5
    with pytest.raises(CallError):
        backoff.delay_after(broken())
