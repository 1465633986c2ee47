"""Feeds for the parsers of other projects, with the expected times of their events."""

from __future__ import annotations

import re
import urllib.request
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from summitry import Client
from summitry.formats.profiles import read_profile
from summitry.ical import render_calendar
from summitry.v1 import feed_pb2
from summitry_server.app import Application
from summitry_server.config import parse_config

# A day as "2024-07-03", an instant as epoch seconds; no end: None.
Moment = int | str | None
Facts = dict[str, tuple[Moment, Moment]]


class Feed(NamedTuple):
    """A file, and start and end of each of its events by UID."""

    data: bytes
    facts: Facts

    def part(self, size: int) -> Feed:
        """Return the feed with at most about `size` of its events, for slow parsers."""
        step = -(-len(self.facts) // size) if self.facts else 1
        uids = set(list(self.facts)[::step])

        def choose(event: re.Match[bytes]) -> bytes:
            uid = event[1].replace(b"\r\n ", b"").decode()
            return event[0] if uid in uids else b""

        pattern = rb"BEGIN:VEVENT\r\nUID:(.*?)\r\nDTSTAMP.*?END:VEVENT\r\n"
        data = re.sub(pattern, choose, self.data, flags=re.DOTALL)
        return Feed(data, {uid: self.facts[uid] for uid in self.facts if uid in uids})


def facts_of(records: Iterable[Any], partial: str) -> Facts:
    """Return start and end of each event, computed from the records alone."""
    facts = {}
    for record in records:
        is_off = record.status in (5, 8, 9, 10) and not record.HasField("time")
        times = list(record.previous_times)
        time = times[-1].time if is_off and times else record.time
        form = time.WhichOneof("when")
        if form == "timed":
            interval = time.resolved.interval
            start, end = interval.start_time.seconds, interval.end_time.seconds
            has_end = interval.HasField("end_time") and end > start
            facts[record.ical_uid] = start, end if has_end else None
        elif form == "dates" or (form == "partial" and partial == "span"):
            span = getattr(time, form)
            first, last = span.first_date, span.last_date
            if first and last:
                facts[record.ical_uid] = first, str(date.fromisoformat(last) + timedelta(days=1))
            elif form == "dates":
                facts[record.ical_uid] = first or last, None
    return facts


class Loaded:
    """A service that has the sample and the shared data, and feeds of it by name."""

    def __init__(self, application: Application) -> None:
        self.application = application
        self.grpc = str(application.grpc_address)
        self._feeds: dict[str, Feed] = {}

    def feed(self, name: str) -> Feed:
        """Return a feed by name and query, as in "summits?tz=utc"."""
        if name not in self._feeds:
            url = f"http://{self.application.http_address}/feeds/{name.replace('?', '.ics?')}"
            with urllib.request.urlopen(url if "?" in url else f"{url}.ics", timeout=60) as reply:
                data = reply.read()
            calendar, _, query = name.partition("?")
            partial = "span" if "partial=span" in query else "omit"
            self._feeds[name] = Feed(
                data, facts_of(self._records(calendar.partition("/")[0]), partial)
            )
        return self._feeds[name]

    def _records(self, calendar: str) -> Iterator[Any]:
        with Client(self.grpc) as client:
            for kind in ("summits", "visits", "meetings", "notices"):
                yield from client.list(kind, f"calendars/{calendar}", page_size=1000)


@pytest.fixture(scope="session")
def sample() -> Iterator[Loaded]:
    """Serve the Astana calendar."""
    yield from _serving("--demo")


@pytest.fixture(scope="session")
def loaded(shared_data: Path) -> Iterator[Loaded]:
    """Import the shared data and serve it."""
    for service in _serving():
        with Client(service.grpc) as client:
            for profile, name in (("state-department", "visits"), ("summits", "summits")):
                read = read_profile(profile, shared_data / f"{name}.ndjson")
                assert not client.import_records(record for _, record in read).failed
            # More than the default limits of a feed.
            everything = feed_pb2.Feed(max_events=10_000, max_bytes=16 * 1024 * 1024)
            client.create(everything, "calendars/us-visits", "all")
        yield service


def _serving(*options: str) -> Iterator[Loaded]:
    ports = ("--grpc", "127.0.0.1:0", "--http", "127.0.0.1:0", "--grace", "1")
    application = Application(parse_config(["--store", "memory:", *ports, *options]))
    yield Loaded(application)
    application.stop()


DESK: Mapping[str, Mapping[str, str]] = {
    "desk": {},
    "desk-fr-span": {"language": "fr", "partial": "span"},
    "desk-local": {"times": "local", "cancelled": "mark"},
    "desk-utc": {"times": "utc"},
}
SAMPLE = ("astana-2024", "astana-2024?lang=fr&partial=span&tz=local")
LOADED = ("summits", "summits?lang=fr&partial=span", "us-visits/all")


@pytest.fixture(params=[*DESK, *SAMPLE, *LOADED])
def feed(request: pytest.FixtureRequest, desk: Any) -> Feed:
    """Return each feed of the core profile in turn."""
    name: str = request.param
    if name in DESK:
        data = render_calendar(desk.calendar, desk.records, **DESK[name])
        events = [record for record in desk.records if "/delegations/" not in record.name]
        return Feed(data, facts_of(events, DESK[name].get("partial", "omit")))
    service: Loaded = request.getfixturevalue("sample" if name in SAMPLE else "loaded")
    return service.feed(name)


@pytest.fixture(params=["astana-2024?profile=rich", "astana-2024?profile=rich&tz=local&lang=fr"])
def rich_feed(request: pytest.FixtureRequest, sample: Loaded) -> Feed:
    """Return each feed of the profile "rich" in turn."""
    return sample.feed(request.param)
