"""Fixtures for the edge cases: a calendar over the API, its feed, and builders of JSON values."""

from __future__ import annotations

import re
import urllib.request
from collections.abc import Iterator
from typing import Any, NamedTuple

import grpc
import pytest
from google.protobuf import json_format

from summitry import Client
from summitry._calls.methods import AGENDA
from summitry.errors import InvalidArgumentError
from summitry.kinds import BY_COLLECTION, unpack
from summitry.v1.agenda_service_pb2 import AgendaItem, ConflictKind
from summitry.v1.event_time_pb2 import EventTime
from summitry.v1.filter_pb2 import Filter, TimeWindow
from summitry.v1.record_pb2 import VerbNote


class Desk(NamedTuple):
    """A calendar over the API, and its feed."""

    client: Client
    http: str
    channel: grpc.Channel

    def put(self, path: str, time: Any = None, **facts: Any) -> Any:
        collection, id = path.split("/")
        facts = {"ical_uid": id, **({"time": time} if time else {}), **facts}
        record = json_format.ParseDict(facts, BY_COLLECTION[collection].message())
        return self.client.create(record, "calendars/c", id)

    def change(self, record: Any, **facts: Any) -> Any:
        edit = json_format.ParseDict({"name": record.name, **facts}, type(record)())
        return self.client.update(edit)

    def transition(self, verb: str, record: Any, reason: str = "", **facts: Any) -> Any:
        """Apply a lifecycle transition; a time is given as JSON."""
        if "time" in facts:
            facts["time"] = json_format.ParseDict(facts["time"], EventTime())
        return self.client.transition(verb, record.name, VerbNote(reason=reason), **facts)

    def find(self, collection: str, **filter: Any) -> list[str]:
        """Return the ids of the records of a collection that match a filter, in the order of names."""
        records = self.client.list(collection, "calendars/c", filter=Filter(**filter))
        return [record.name.rpartition("/")[2] for record in records]

    def conflicts(self, kind: str, first: str, last: str = "") -> list[tuple[str, ...]]:
        """Return the conflicts of a kind: record ids, subject, and "hard" for impossible ones."""
        value = ConflictKind.Value(f"CONFLICT_KIND_{kind}")
        response = self._ask("FindConflicts", window=_window(first, last), kinds=[value])
        return [
            (
                *map(_id, filter(None, (conflict.name, conflict.other_name))),
                conflict.subject,
                "hard" * conflict.hard,
            )
            for conflict in response.conflicts
        ]

    def towns_of(self, person: str, day: str) -> list[str]:
        """Return the towns where a person certainly is on a day, by their first name."""
        query = {"persons": [person], "window": _window(day, "")}
        response = self._ask("LocatePrincipals", **query)
        return [presence.places[0].localities[0].text for presence in response.presences]

    def _ask(self, name: str, **fields: Any) -> Any:
        method = AGENDA[name]
        call = self.channel.unary_unary(
            method.path, method.request.SerializeToString, method.response.FromString
        )
        return call(method.request(parent="calendars/c", **fields), timeout=60)

    def rejection(self, time: Any, **facts: Any) -> InvalidArgumentError:
        with pytest.raises(InvalidArgumentError) as caught:
            self.put("meetings/refused", time, **facts)
        return caught.value

    def agenda_items(
        self, first: str, last: str = "", zone: str = "UTC", **window: Any
    ) -> list[AgendaItem]:
        matching = TimeWindow(**window)
        query = {"first_date": first, "last_date": last, "time_zone": zone, "window": matching}
        return list(self.client.agenda("calendars/c", **query))  # type: ignore[arg-type]

    def agenda_ids(self, first: str, last: str = "", zone: str = "UTC", **window: Any) -> list[str]:
        """Return the ids on the agenda, in order: certain ones by label, unless `window` differs."""
        items = self.agenda_items(first, last, zone, **window)
        return [unpack(item.record).ical_uid for item in items]  # type: ignore[arg-type]

    def feed(self, partial: str = "omit") -> dict[str, list[str]]:
        """Return the content lines of each event of the French feed, by UID."""
        url = f"{self.http}/feeds/c.ics?lang=fr&partial={partial}"
        with urllib.request.urlopen(url, timeout=60) as answer:
            text = answer.read().decode().replace("\r\n ", "")
        events = [part.split("END:VEVENT")[0] for part in text.split("BEGIN:VEVENT")[1:]]
        uid = re.compile(r"^UID:(.*)$", re.MULTILINE)
        lines = [event.strip().split("\r\n") for event in events]
        return {uid.search("\n".join(event))[1]: event for event in lines}  # type: ignore[index]

    def time_lines(self, id: str, partial: str = "omit") -> list[str]:
        """Return the lines of an event in the feed that give its time; none if it is left out."""
        lines = self.feed(partial).get(id, [])
        return [line for line in lines if re.match("DTSTART|DTEND|DURATION|X-SUMMITRY-EDTF", line)]


def _id(name: str) -> str:
    return name.rpartition("/")[2]


def _window(first: str, last: str) -> TimeWindow:
    days = {"first_date": first, "last_date": last, "time_zone": "UTC"}
    return TimeWindow(dates=days)  # type: ignore[arg-type]


@pytest.fixture
def desk(service: Any) -> Iterator[Desk]:
    with Client(service.grpc) as client:
        client.create(BY_COLLECTION["calendars"].message(), id="c")
        yield Desk(client, service.http, service.channel)


class Makers:
    """EventTimes and places as JSON."""

    @staticmethod
    def dates(first: str, last: str = "", zone: str = "", text: str = "") -> dict[str, Any]:
        """Return an EventTime of whole days as JSON; a side without a day is open."""
        ends = {"first_date": first, "last_date": last}
        opens = {"open_start": not first, "open_end": not last}
        return {"dates": {**ends, **opens, "time_zone": zone}, "source_text": text}

    @staticmethod
    def partial(edtf: str, zone: str = "", text: str = "") -> dict[str, Any]:
        return {"partial": {"edtf": edtf, "time_zone": zone}, "source_text": text}

    @staticmethod
    def timed(start: str, zone: str, end: str = "") -> dict[str, Any]:
        span = {"start": {"civil_time": start, "time_zone": zone}}
        return {"timed": {**span, "end": {"civil_time": end, "time_zone": zone}} if end else span}

    @staticmethod
    def town(name: str, region: str, zone: str = "") -> dict[str, Any]:
        return {"localities": [{"text": name}], "region_code": region, "time_zone": zone}

    @staticmethod
    def person(id: str, name: str, **more: Any) -> dict[str, Any]:
        return {"id": id, "names": [{"text": name}], **more}

    @staticmethod
    def party(kind: str, region: str, name: str, **more: Any) -> dict[str, Any]:
        names = {"names": [{"text": name}]} if name else {}
        return {"kind": f"PARTY_KIND_{kind}", "region_code": region, **names, **more}

    @staticmethod
    def source(id: str, rank: str = "UNSPECIFIED", **more: Any) -> dict[str, Any]:
        return {"id": id, "rank": f"SOURCE_RANK_{rank}", **more}


@pytest.fixture
def make() -> type[Makers]:
    return Makers
