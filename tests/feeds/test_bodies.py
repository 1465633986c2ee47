"""What is rendered, when, and how often."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from summitry.feeds.bodies import Bodies, validator
from summitry.feeds.source import FeedContent
from summitry.ical import Options, render
from summitry.ical.options import DEFAULTS
from summitry.ical.records import Event


@pytest.fixture
def rendered(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of events in the order of their rendering; the rendering is the real one."""
    names: list[str] = []
    real = render.render_fragment

    def count(event: Event, *args: Any, **kwargs: Any) -> Any:
        names.append(event.name.rpartition("/")[2])
        return real(event, *args, **kwargs)

    monkeypatch.setattr(render, "render_fragment", count)
    return names


def run(act: Callable[[], Awaitable[Any]]) -> Any:
    async def main() -> Any:
        return await act()

    return asyncio.run(main())


def test_a_body_is_rendered_once_per_state(source: Any, rendered: list[str]) -> None:
    async def act() -> None:
        bodies = Bodies(source)
        for _ in range(3):
            await bodies.get("astana", source.states["astana"], DEFAULTS)

    run(act)
    assert sorted(rendered) == ["plenary", "talks"] and source.loads == 1


def test_one_change_renders_one_event(source: Any, rendered: list[str]) -> None:
    async def act() -> None:
        bodies = Bodies(source)
        await bodies.get("astana", source.states["astana"], DEFAULTS)
        rendered.clear()
        source.put("astana", "talks", "Talks, moved", day=5)
        body = await bodies.get("astana", source.states["astana"], DEFAULTS)
        assert body is not None and b"Talks\\, moved" in body.plain

    run(act)
    assert rendered == ["talks"]


def test_requests_at_the_same_time_render_once(source: Any, rendered: list[str]) -> None:
    async def act() -> None:
        bodies, state = Bodies(source), source.states["astana"]
        found = await asyncio.gather(*(bodies.get("astana", state, DEFAULTS) for _ in range(20)))
        assert len({id(body) for body in found}) == 1

    run(act)
    assert len(rendered) == 2 and source.loads == 1


def test_the_loop_goes_on_while_a_feed_is_rendered(
    source: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    entered, go_on = threading.Event(), threading.Event()
    load = source.load

    def slow(calendar_id: str) -> FeedContent | None:
        entered.set()
        assert go_on.wait(10)
        return load(calendar_id)  # type: ignore[no-any-return]

    monkeypatch.setattr(source, "load", slow)

    async def act() -> None:
        bodies = Bodies(source)
        job = asyncio.create_task(bodies.get("astana", source.states["astana"], DEFAULTS))
        while not entered.is_set():
            await asyncio.sleep(0)
        assert not job.done()
        go_on.set()  # reached only if the loop runs
        assert await job is not None

    run(act)


def test_a_reader_that_hangs_up_does_not_stop_the_others(source: Any) -> None:
    async def act() -> None:
        bodies, state = Bodies(source), source.states["astana"]
        jobs = [asyncio.create_task(bodies.get("astana", state, DEFAULTS)) for _ in range(2)]
        await asyncio.sleep(0)
        jobs[0].cancel()
        assert await jobs[1] is not None

    run(act)


def test_a_failure_is_not_kept(source: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    load = source.load

    def fail(calendar_id: str) -> FeedContent | None:
        monkeypatch.setattr(source, "load", load)
        raise OSError("once")

    monkeypatch.setattr(source, "load", fail)

    async def act() -> None:
        bodies, state = Bodies(source), source.states["astana"]
        with pytest.raises(OSError, match="once"):
            await bodies.get("astana", state, DEFAULTS)
        assert await bodies.get("astana", state, DEFAULTS) is not None

    run(act)


def test_memory_is_bounded(source: Any, rendered: list[str]) -> None:
    for number in range(5):
        source.add(f"c{number}")
        source.put(f"c{number}", f"m{number}", "Meeting")

    async def act() -> None:
        first = await Bodies(source).get("c0", source.states["c0"], DEFAULTS)
        assert first is not None
        bodies = Bodies(source, bound=3 * first.size + 100)
        for name in ("c0", "c1", "c2", "c0", "c3", "c4"):
            await bodies.get(name, source.states[name], DEFAULTS)
        assert bodies.size <= 3 * first.size + 100
        rendered.clear()
        for name in ("c4", "c3", "c0", "c1"):
            await bodies.get(name, source.states[name], DEFAULTS)

    run(act)
    assert rendered == ["m1"]  # the least used went, c0 was used again


def test_the_validator_tells_everything_apart(source: Any) -> None:
    state = source.states["astana"]
    made = [
        validator("astana", state, Options()),
        validator("astana-2", state, Options()),
        validator("astana", state._replace(revision=9), Options()),
        validator("astana", state._replace(modified=9), Options()),
        validator("astana", state._replace(variant="9"), Options()),
        validator("astana", state, Options(language="fr")),
        validator("astana", state, Options(profile="rich")),
    ]
    assert len(set(made)) == len(made)
