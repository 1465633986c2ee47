"""Whatever happens to a calendar, in whatever order: a tag means its bytes, and dates never go back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from summitry.web.feeds import feed_app

PATHS = ("/feeds/c.ics", "/feeds/c/f.ics", "/feeds/c/f.ics?lang=fr", "/feeds/c/g.ics")
JULY = 1_719_792_000


class Reply(NamedTuple):
    status: int
    headers: dict[bytes, bytes]
    body: bytes


async def ask(app: Any, target: str, **headers: bytes) -> Reply:
    """Send a GET to an app, without a server."""
    path, _, query = target.partition("?")
    fields = [(name.replace("_", "-").encode(), value) for name, value in headers.items()]
    scope = {"type": "http", "method": "GET", "path": path, "query_string": query.encode()}
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    await app({**scope, "headers": fields, "scheme": "http"}, None, send)
    body = b"".join(message.get("body", b"") for message in sent[1:])
    return Reply(sent[0]["status"], dict(sent[0]["headers"]), body)


def put(number: int, day: int) -> Callable[[Any, Any], None]:
    return lambda memory, clock: memory.put("c", f"m{number}", f"M{number} of {day}", day=day)


def drop(number: int) -> Callable[[Any, Any], None]:
    def apply(memory: Any, clock: Any) -> None:
        if f"calendars/c/meetings/m{number}" in memory.records["c"]:
            memory.drop("c", f"meetings/m{number}")

    return apply


def change_feed(feed: str, window: int, most: int) -> Callable[[Any, Any], None]:
    fields: dict[str, Any] = {"max_events": most}
    if window:
        fields["window"] = {"days_before": window, "days_after": window}
    return lambda memory, clock: memory.feed("c", feed, **fields)


def embargo(number: int, day: int) -> Callable[[Any, Any], None]:
    def apply(memory: Any, clock: Any) -> None:
        record = memory.records["c"].get(f"calendars/c/meetings/m{number}")
        if record is not None:
            changed = type(record)()
            changed.CopyFrom(record)
            changed.embargo_until.seconds = JULY + day * 86_400
            memory.keep("c", changed)

    return apply


def wait(hours: int) -> Callable[[Any, Any], None]:
    def apply(memory: Any, clock: Any) -> None:
        clock.time += hours * 3600

    return apply


def write_elsewhere(memory: Any, clock: Any) -> None:
    memory.changes += 1


NUMBERS, DAYS = st.integers(0, 3), st.integers(1, 9)
STEPS = st.one_of(
    st.builds(put, NUMBERS, DAYS),
    st.builds(drop, NUMBERS),
    st.builds(change_feed, st.sampled_from("fg"), st.integers(0, 3), st.integers(0, 2)),
    st.builds(embargo, NUMBERS, DAYS),
    st.builds(wait, st.integers(-30, 60)),
    st.just(write_elsewhere),
)


@given(steps=st.lists(STEPS, max_size=12))
def test_tags_and_dates(memory_class: Any, clock_class: Any, steps: list[Any]) -> None:
    """Also: an answer from memory is the answer that a new server would give."""

    async def main() -> None:
        memory, clock = memory_class(), clock_class()
        clock.time, memory.clock = JULY, clock
        memory.add("c")
        memory.feed("c", "f")
        memory.feed("c", "g", window={"days_before": 1, "days_after": 1})
        app = feed_app(memory, clock=clock)
        bodies_by_tag: dict[tuple[str, bytes], bytes] = {}
        last: dict[str, Reply] = {}
        latest, steady = clock.time, True
        for step in [write_elsewhere, *steps]:
            step(memory, clock)
            latest = max(latest, clock.time)
            steady = steady and latest == clock.time
            fresh = feed_app(memory, clock=lambda now=clock.time: now)
            for path in PATHS:
                reply = await ask(app, path)
                assert reply.status == 200
                assert_same(reply, await ask(fresh, path), steady=steady)
                etag = reply.headers[b"etag"]
                assert bodies_by_tag.setdefault((path, etag), reply.body) == reply.body
                if path in last:
                    await check_conditions(app, path, last[path], reply)
                last[path] = reply

    asyncio.run(main())


def assert_same(reply: Reply, fresh: Reply, *, steady: bool) -> None:
    """Compare with a new server. Only dates may differ, where the clock has gone back."""
    if not steady:
        date = {b"last-modified": reply.headers[b"last-modified"]}
        fresh = fresh._replace(headers=fresh.headers | date)
    assert reply == fresh


async def check_conditions(app: Any, path: str, old: Reply, new: Reply) -> None:
    same = old.headers[b"etag"] == new.headers[b"etag"]
    by_tag = await ask(app, path, if_none_match=old.headers[b"etag"])
    assert by_tag.status == (304 if same else 200)
    assert not same or old.body == new.body, "other bytes, another tag"
    date = old.headers[b"last-modified"]
    assert moment(new) >= moment(old)
    by_date = await ask(app, path, if_modified_since=date)
    assert by_date.status == 200 or old.body == new.body, "no date hides a change"


def moment(reply: Reply) -> float:
    return parsedate_to_datetime(reply.headers[b"last-modified"].decode()).timestamp()
