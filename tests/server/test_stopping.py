"""Parts of a server are stopped at the same time, and none of them keeps it from its end."""

from __future__ import annotations

import logging
import threading

import pytest

from summitry_server.stopping import stop_together

GUARD = 60


def test_parts_stop_at_the_same_time() -> None:
    barrier = threading.Barrier(3, timeout=GUARD)  # passed only by all three at once
    stop_together({name: lambda: barrier.wait() and None for name in "abc"}, GUARD)
    assert not barrier.broken


def test_part_that_hangs_is_left_and_named(caplog: pytest.LogCaptureFixture) -> None:
    release, stopped = threading.Event(), threading.Event()
    with caplog.at_level(logging.WARNING):
        stop_together({"slow": lambda: release.wait(GUARD) and None, "quick": stopped.set}, 0.1)
    assert stopped.wait(GUARD)
    release.set()
    assert "slow did not stop within 0.1 seconds" in caplog.text


def test_part_that_fails_keeps_no_other_from_its_stop(caplog: pytest.LogCaptureFixture) -> None:
    stopped = threading.Event()

    def fail() -> None:
        raise ValueError("a fault")

    stop_together({"broken": fail, "sound": stopped.set}, GUARD)
    assert stopped.is_set()
    assert "broken could not be stopped" in caplog.text
