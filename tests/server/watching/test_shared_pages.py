"""The cache of pages that watchers share: its bound, and what fails."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from summitry_server.services.watch.shared_pages import COST, Shared


def make_counter(shared: Shared[bytes], calls: list[str]) -> Callable[[str, int], bytes]:
    def get(key: str, size: int) -> bytes:
        def make() -> bytes:
            calls.append(key)
            return bytes(size)

        return shared.get(key, make, len)

    return get


def test_oldest_values_go_first() -> None:
    calls: list[str] = []
    get = make_counter(Shared(2 * (COST + 10)), calls)
    for key in ("a", "b", "a", "c", "b", "c", "a"):
        assert len(get(key, 10)) == 10
    assert calls == ["a", "b", "c", "a"]


def test_value_larger_than_the_room_is_returned_and_not_cached() -> None:
    calls: list[str] = []
    get = make_counter(Shared(COST + 10), calls)
    get("small", 10)
    assert [len(get("large", 11)) for _ in range(2)] == [11, 11]
    get("small", 10)
    assert calls == ["small", "large", "large"]


def test_failure_is_raised_and_not_cached() -> None:
    shared: Shared[bytes] = Shared(COST + 10)

    def fail() -> bytes:
        raise OSError("once")

    with pytest.raises(OSError, match="once"):
        shared.get("key", fail, len)
    assert shared.get("key", lambda: b"value", len) == b"value"
