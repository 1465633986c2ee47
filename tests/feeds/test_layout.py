"""A feed that is brought up to date is, byte by byte, what the straightforward form would be."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from summitry.ical import Options, assemble, render_fragments
from summitry.ical.render import Fragment, placement_of
from summitry.v1.delegation_pb2 import Delegation
from summitry.v1.feed_pb2 import Feed
from summitry.v1.summit_pb2 import Summit
from summitry.web.content import selection
from summitry.web.content.calendar_cache import CalendarCache
from summitry.web.feeds import bodies, chunks
from summitry.web.feeds.bodies import Bodies, FeedRequest
from summitry.web.feeds.gzip_parts import BodyPart, join_gzip, join_plain
from summitry.web.feeds.layout import Layout
from summitry.zones import default_database

JULY = 1_719_792_000
DAY = 86_400
OPTIONS = (Options(), Options(language="fr", partial="span"), Options(cancelled="omit"))
MAX_BYTES = 4000


def straightforward(snapshot: Any, options: Options) -> tuple[bytes, int]:
    """Render everything, then leave out what the bounds do not admit; and count that."""
    database, broken = default_database(), set[str]()
    fragments = render_fragments(
        snapshot.records, options, on_error=lambda record, _: broken.add(record.name)
    )
    by_name = {key[0]: fragment for key, fragment in fragments.items() if fragment is not None}
    events = {record.name: record for record in snapshot.records}
    places = []
    for name in {*by_name, *broken}:
        try:
            placement = placement_of(events[name], options, database)
        except ValueError:
            continue  # no place at all: it is not counted
        if placement is not None:
            places.append((placement.start, events[name].ical_uid, name))
    bounds = snapshot.head if isinstance(snapshot.head, Feed) else Feed()
    max_events, max_bytes = bounds.max_events or 1000, bounds.max_bytes or MAX_BYTES
    admitted: dict[Any, Fragment | None] = {}
    skipped = 0
    for _, _, name in sorted(places, reverse=True):
        if len(admitted) == max_events:
            break
        if name in broken:
            skipped += 1
            continue
        max_bytes -= len(by_name[name].data)
        if max_bytes < 0:
            break
        admitted[name,] = by_name[name]
    omitted = len(places) - len(admitted) - skipped
    heads = (snapshot.head, *snapshot.records)
    notes = bodies._notes(snapshot.head, options, len(admitted), omitted)
    modified = max(record.update_time.seconds for record in heads)
    return assemble(snapshot.head, admitted, options, modified=modified, notes=notes), omitted


Step = Callable[[Any, Any], None]


def put(number: int, day: int) -> Step:
    return lambda memory, clock: memory.put("c", f"m{number}", f"M{number} of {day}", day=day)


def put_many(first: int) -> Step:
    def apply(memory: Any, clock: Any) -> None:
        for number in range(first, first + 12):
            memory.put("c", f"m{number}", f"M{number}", day=1 + number % 9)

    return apply


def put_summit(day: int, status: int) -> Step:
    def apply(memory: Any, clock: Any) -> None:
        # The status and a month are what options leave out; day 10 cannot be rendered.
        summit = Summit(name="calendars/c/summits/s", ical_uid="s", status=status)  # type: ignore[arg-type]
        if day:
            summit.time.dates.first_date = "2024-13-45" if day == 10 else f"2024-07-{day:02}"
        else:
            summit.time.partial.edtf = "2024-07"
            summit.time.partial.first_date, summit.time.partial.last_date = (
                "2024-07-01",
                "2024-07-31",
            )
        memory.keep("c", summit)

    return apply


def attend(number: int, title: str) -> Step:
    def apply(memory: Any, clock: Any) -> None:
        delegation = Delegation(name="calendars/c/delegations/d", titles=[{"text": title}])
        delegation.engagements.add(event=f"calendars/c/meetings/m{number}")
        delegation.engagements.add(event="calendars/c/summits/s")
        memory.keep("c", delegation)

    return apply


def break_meeting(number: int) -> Step:
    """Store a meeting that has a place, and cannot be rendered."""

    def apply(memory: Any, clock: Any) -> None:
        record = memory.put("c", f"m{number}", "Broken", day=1 + number % 9)
        broken = type(record)()
        broken.CopyFrom(record)
        broken.time.resolved.start_text = "2024-99-99T10:00:00+05:00[Asia/Almaty]"
        memory.keep("c", broken)

    return apply


def change_parent(number: int) -> Step:
    def apply(memory: Any, clock: Any) -> None:
        record = memory.records["c"].get(f"calendars/c/meetings/m{number}")
        if record is not None:
            child = type(record)()
            child.CopyFrom(record)
            child.parent_event = "calendars/c/summits/s"
            memory.keep("c", child)

    return apply


def embargo(number: int, day: int) -> Step:
    def apply(memory: Any, clock: Any) -> None:
        record = memory.records["c"].get(f"calendars/c/meetings/m{number}")
        if record is not None:
            hidden = type(record)()
            hidden.CopyFrom(record)
            hidden.embargo_until.seconds = JULY + day * DAY
            memory.keep("c", hidden)

    return apply


def drop(name: str) -> Step:
    def apply(memory: Any, clock: Any) -> None:
        if f"calendars/c/{name}" in memory.records["c"]:
            memory.drop("c", name)

    return apply


def change_feed(window: int, most: int) -> Step:
    fields: dict[str, Any] = {"max_events": most}
    if window:
        fields["window"] = {"days_before": window, "days_after": window}
    return lambda memory, clock: memory.feed("c", "f", **fields)


def filter_feed(numbers: set[int]) -> Step:
    def apply(memory: Any, clock: Any) -> None:
        memory.members["c"] = {"f": frozenset(f"calendars/c/meetings/m{n}" for n in numbers)}
        memory.step("c")

    return apply


def wait(hours: int) -> Step:
    def apply(memory: Any, clock: Any) -> None:
        clock.time += hours * 3600

    return apply


NUMBERS, DAYS = st.integers(0, 30), st.integers(1, 9)
STEPS = st.one_of(
    st.builds(put, NUMBERS, DAYS),
    st.builds(put_many, NUMBERS),
    st.builds(put_summit, st.integers(0, 10), st.integers(0, 12)),
    st.builds(attend, NUMBERS, st.sampled_from(("A", "B"))),
    st.builds(break_meeting, NUMBERS),
    st.builds(change_parent, NUMBERS),
    st.builds(embargo, NUMBERS, DAYS),
    st.builds(drop, st.builds("meetings/m{}".format, NUMBERS)),
    st.builds(drop, st.sampled_from(("summits/s", "delegations/d"))),
    st.builds(change_feed, st.integers(0, 3), st.integers(0, 9)),
    st.builds(filter_feed, st.sets(NUMBERS, min_size=10)),
    st.builds(wait, st.integers(-60, 100)),
)


# Chunks that were made of one, of which the first changed, become one again.
REJOINED = [put_many(0), put_many(9), put_many(0), filter_feed({*range(10)})]


@pytest.mark.slow
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(steps=REJOINED)
@given(steps=st.lists(STEPS, min_size=1, max_size=12))
def test_bytes_of_every_step(
    memory_class: Any, clock_class: Any, monkeypatch: pytest.MonkeyPatch, steps: list[Step]
) -> None:
    """Also: gzip is the same as that of a server that starts now, chunk by chunk."""
    monkeypatch.setattr(chunks, "EVENTS", 3)
    monkeypatch.setattr(selection, "MAX_BYTES", MAX_BYTES)

    async def main() -> None:
        memory, clock = memory_class(), clock_class()
        clock.time = float(JULY + 3 * DAY)
        memory.add("c")
        memory.feed("c", "f")
        calendars, bodies = CalendarCache(memory, "2026f"), Bodies()
        for step in steps:
            step(memory, clock)
            for feed, options in [("", OPTIONS[0]), *(("f", options) for options in OPTIONS)]:
                view = calendars.view("c", feed, clock.time)
                assert view is not None
                request = FeedRequest(
                    "calendars/c", view.snapshot.head.name, view.snapshot, options
                )
                body = await bodies.get(request)
                await bodies.get(request, 1)
                expected = straightforward(view.snapshot, options)
                assert (body.plain, body.omitted) == expected
                assert gzip.decompress(body.packed) == body.plain
                fresh = CalendarCache(memory, "2026f").view("c", feed, clock.time)
                assert fresh is not None and fresh.snapshot.digest == view.snapshot.digest
                assert fresh.snapshot.until == view.snapshot.until
                assert body.packed == (await Bodies().get(request, 1)).packed

    asyncio.run(main())


@pytest.mark.parametrize("size", [3, 100])
def test_broken_events_take_no_place_of_a_bound(
    source: Any, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setattr(chunks, "EVENTS", size)
    source.add("c")
    for number in range(10):
        step = break_meeting(number) if number in (0, 3, 4, 8) else put(number, 1 + number % 9)
        step(source, None)
    for most in range(1, 12):
        source.feed("c", "f", max_events=most)
        view = CalendarCache(source, "2026f").view("c", "f", 2e9)
        assert view is not None
        request = FeedRequest("calendars/c", view.snapshot.head.name, view.snapshot, Options())
        body = asyncio.run(Bodies().get(request))
        assert (body.plain, body.omitted) == straightforward(view.snapshot, Options())
        assert body.plain.count(b"BEGIN:VEVENT") == min(most, 6)


@given(pieces=st.lists(st.binary(max_size=300), max_size=8))
def test_spliced_gzip_is_one_whole_member(pieces: list[bytes]) -> None:
    parts = [BodyPart(piece) for piece in pieces]
    assert gzip.decompress(join_gzip(parts)) == join_plain(parts) == b"".join(pieces)


def test_a_change_deflates_one_chunk(source: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """And a bound is applied before anything is rendered."""
    for number in range(400):
        source.put("astana", f"m{number:03}", f"M{number}", day=1 + number // 20)
    source.feed("astana", "f", max_events=150)
    calendars, bodies = CalendarCache(source, "2026f"), Bodies()
    rendered: list[str] = []
    real = Layout._render

    def count(layout: Any, name: str, reuse: Any) -> Any:
        rendered.append(name)
        return real(layout, name, reuse)

    monkeypatch.setattr(Layout, "_render", count)

    def parts() -> list[BodyPart]:
        view = calendars.view("astana", "f", 2e9)
        assert view is not None
        request = FeedRequest("calendars/astana", view.snapshot.head.name, view.snapshot, Options())
        return list(asyncio.run(bodies.get(request, 1))._parts)

    before = parts()
    assert 150 <= len(rendered) < 402, "those before the bound are not rendered"
    rendered.clear()
    source.put("astana", "m390", "Moved a little", day=20)
    after = parts()
    assert rendered == ["calendars/astana/meetings/m390"]
    events = [part for part in after if part not in before]
    assert len(events) == 2, "the head of the file, and the chunk"
