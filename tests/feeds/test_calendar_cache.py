"""Calendars in memory: read when they change, each by itself, within a bound."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from summitry.web.content import calendar_cache
from summitry.web.content.calendar_cache import LOCKS, CalendarCache
from summitry.web.content.source import CalendarContent

FEED = "/feeds/astana.ics"


def test_a_change_elsewhere_costs_one_look(site: Any) -> None:
    paths = [FEED, FEED + "?lang=fr", FEED + "?tz=utc"]
    first = [site.get(path).body for path in paths]
    site.source.add("other")
    loads = site.source.loads
    assert [site.get(path).body for path in paths] == first
    assert site.source.loads == loads + 1


def test_a_calendar_that_loads_holds_up_no_other(
    source: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = (f"slow-{number}" for number in range(1000))
    slow = next(name for name in names if (hash(name) - hash("astana")) % LOCKS)
    entered, go_on = threading.Event(), threading.Event()
    content = source.content

    def wait(calendar_id: str, previous: CalendarContent | None) -> CalendarContent | None:
        if calendar_id == slow:
            entered.set()
            assert go_on.wait(10)
        return content(calendar_id, previous)  # type: ignore[no-any-return]

    monkeypatch.setattr(source, "content", wait)
    calendars = CalendarCache(source, "2026f")
    loading = threading.Thread(target=calendars.get, args=(slow,), daemon=True)
    loading.start()
    assert entered.wait(10)
    assert calendars.get("astana") is not None
    assert (calendars.state("astana"), calendars.state(slow)) == (source.states["astana"], None)
    go_on.set()
    loading.join()


def test_missing_calendar_is_not_cached(source: Any) -> None:
    calendars = CalendarCache(source, "2026f")
    assert all(calendars.get(f"none-{number}") is None for number in range(100))
    assert not calendars._calendars


def test_records_in_memory_are_bounded(source: Any) -> None:
    for number in range(5):
        source.add(f"c{number}")
        for day in (1, 2, 3):
            source.put(f"c{number}", f"m{day}", "Meeting", day=day)
    calendars = CalendarCache(source, "2026f", bound=6)
    for name in ("c0", "c1", "c0", "c2", "c3", "c0", "c4"):
        calendars.get(name)
    assert list(calendars._calendars) == ["c0", "c4"], "the least used go first"
    assert CalendarCache(source, "2026f", bound=1).get("c0") is not None, "one is always held"


def test_selections_in_memory_are_bounded(source: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calendar_cache, "SELECTIONS", 2)
    monkeypatch.setattr(calendar_cache, "PLACES", 1)
    for feed_id in ("a", "b", "c"):
        source.feed("astana", feed_id)
    calendars = CalendarCache(source, "2026f")
    views = [calendars.view("astana", feed_id, 2e9) for feed_id in ("a", "b", "a", "c")]
    assert all(view is not None and len(view.snapshot.records) == 2 for view in views)
    cached = calendars.get("astana")
    assert cached is not None
    assert [name[-1] for name in cached.selections] == ["a", "c"], "the least used goes first"
    source.drop("astana", "feeds/a")
    cached = calendars.get("astana")
    assert cached is not None and [name[-1] for name in cached.selections] == ["c"]
