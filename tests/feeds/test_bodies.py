"""Rendering of feeds: when it happens, and how often."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from summitry.ical import Options, render
from summitry.ical.options import DEFAULTS
from summitry.ical.records import Event
from summitry.web.content.calendar_cache import CalendarCache
from summitry.web.feeds import bodies as module
from summitry.web.feeds.bodies import Bodies, FeedRequest, validator


@pytest.fixture
def rendered(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the names of events in the order in which they are rendered, for real."""
    names: list[str] = []
    real = render.render_fragment

    def count(event: Event, *args: Any, **kwargs: Any) -> Any:
        names.append(event.name.rpartition("/")[2])
        return real(event, *args, **kwargs)

    monkeypatch.setattr(render, "render_fragment", count)
    return names


def make_request(
    source: Any, calendar: str = "astana", feed: str = "", **options: str
) -> FeedRequest:
    """Return the request of a reader of a feed."""
    calendars = CalendarCache(source, "2026f")
    cached = calendars.get(calendar)
    assert cached is not None
    feed_record = cached.content.feed(feed) if feed else None
    snapshot = calendars.snapshot(cached, feed_record, 2e9)
    return FeedRequest(f"calendars/{calendar}", snapshot.head.name, snapshot, Options(**options))


def run(scenario: Callable[[], Awaitable[Any]]) -> Any:
    async def main() -> Any:
        return await scenario()

    return asyncio.run(main())


def test_body_is_rendered_once_per_state(source: Any, rendered: list[str]) -> None:
    async def scenario() -> None:
        bodies = Bodies()
        for _ in range(3):
            await bodies.get(make_request(source))

    run(scenario)
    assert sorted(rendered) == ["plenary", "talks"]


def test_one_change_renders_one_event(source: Any, rendered: list[str]) -> None:
    async def scenario() -> None:
        bodies = Bodies()
        await bodies.get(make_request(source))
        rendered.clear()
        source.put("astana", "talks", "Talks, moved", day=5)
        body = await bodies.get(make_request(source))
        assert b"Talks\\, moved" in body.plain

    run(scenario)
    assert rendered == ["talks"]


def test_feeds_of_a_calendar_share_what_is_rendered(source: Any, rendered: list[str]) -> None:
    source.feed("astana", "a", titles=[{"text": "A"}])
    source.feed("astana", "b", titles=[{"text": "B"}], max_events=1)

    async def scenario() -> None:
        bodies = Bodies()
        first = await bodies.get(make_request(source, feed="a"))
        second = await bodies.get(make_request(source, feed="b"))
        assert first.plain != second.plain
        assert len(rendered) == 2
        await bodies.get(make_request(source, feed="a", language="fr"))
        assert len(rendered) == 4
        rendered.clear()
        source.put("astana", "talks", "Talks, moved", day=5)
        for feed in ("a", "b", "", "a"):
            await bodies.get(make_request(source, feed=feed))

    run(scenario)
    assert rendered == ["talks"]


def test_requests_at_the_same_time_render_once(source: Any, rendered: list[str]) -> None:
    async def scenario() -> None:
        bodies = Bodies()
        results = await asyncio.gather(*(bodies.get(make_request(source)) for _ in range(20)))
        assert len({id(body) for body in results}) == 1

    run(scenario)
    assert len(rendered) == 2


def test_the_loop_goes_on_while_a_feed_is_rendered(
    source: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    entered, go_on = threading.Event(), threading.Event()
    real = module._compose

    def slow(*args: Any, **kwargs: Any) -> Any:
        entered.set()
        assert go_on.wait(10)
        return real(*args, **kwargs)

    monkeypatch.setattr(module, "_compose", slow)

    async def scenario() -> None:
        job = asyncio.create_task(Bodies().get(make_request(source)))
        while not entered.is_set():
            await asyncio.sleep(0)
        assert not job.done()
        go_on.set()  # reached only if the loop runs
        await job

    run(scenario)


def test_a_reader_that_hangs_up_does_not_stop_the_others(source: Any) -> None:
    async def scenario() -> None:
        bodies = Bodies()
        jobs = [asyncio.create_task(bodies.get(make_request(source))) for _ in range(2)]
        await asyncio.sleep(0)
        jobs[0].cancel()
        assert (await jobs[1]).plain

    run(scenario)


def test_failed_rendering_is_not_cached(source: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    real = module._compose

    def fail(*args: Any, **kwargs: Any) -> Any:
        monkeypatch.setattr(module, "_compose", real)
        raise OSError("once")

    monkeypatch.setattr(module, "_compose", fail)

    async def scenario() -> None:
        bodies = Bodies()
        with pytest.raises(OSError, match="once"):
            await bodies.get(make_request(source))
        assert (await bodies.get(make_request(source))).plain

    run(scenario)


def test_memory_is_bounded(source: Any, rendered: list[str]) -> None:
    for number in range(5):
        source.add(f"c{number}")
        source.put(f"c{number}", f"m{number}", "Meeting")

    async def scenario() -> None:
        single = Bodies()
        await single.get(make_request(source, "c0"))
        bodies = Bodies(bound=3 * single.size + 100)
        for name in ("c0", "c1", "c2", "c0", "c3", "c4"):
            await bodies.get(make_request(source, name))
            assert bodies.broken == 0, "reading all of them changes no order"
        assert bodies.size <= 3 * single.size + 100
        rendered.clear()
        for name in ("c4", "c3", "c0", "c1"):
            await bodies.get(make_request(source, name))

    run(scenario)
    assert rendered == ["m1"]  # the least used went, c0 was used again


def test_validator_differs_for_every_option() -> None:
    validators = [
        validator("0", DEFAULTS),
        validator("1", DEFAULTS),
        validator("0", Options(language="fr")),
        validator("0", Options(profile="rich")),
        validator("0", Options(partial="span")),
        validator("0", Options(times="utc")),
        validator("0", Options(cancelled="mark")),
    ]
    assert len(set(validators)) == len(validators)
