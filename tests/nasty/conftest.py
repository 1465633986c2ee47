"""What the cases share: a calendar over the API, with its feed, and makers of times as JSON."""

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
from summitry.kinds import BY_COLLECTION
from summitry.v1.agenda_service_pb2 import AgendaItem, ConflictKind
from summitry.v1.event_time_pb2 import EventTime
from summitry.v1.filter_pb2 import Filter
from summitry.v1.record_pb2 import StatusChange


class Desk(NamedTuple):
    """A calendar over the API, and its feed."""

    client: Client
    http: str
    channel: grpc.Channel

    def put(self, path: str, time: Any = None, **facts: Any) -> Any:
        collection, id = path.split("/")
        facts = {"uid": id, **({"time": time} if time else {}), **facts}
        record = json_format.ParseDict(facts, BY_COLLECTION[collection].message())
        return self.client.create(record, "calendars/c", id)

    def change(self, record: Any, **facts: Any) -> Any:
        sent = json_format.ParseDict({"name": record.name, **facts}, type(record)())
        return self.client.update(sent)

    def act(self, verb: str, record: Any, reason: str = "", **facts: Any) -> Any:
        """A verb of life; a time is given as JSON."""
        if "time" in facts:
            facts["time"] = json_format.ParseDict(facts["time"], EventTime())
        return self.client.transition(verb, record.name, StatusChange(reason=reason), **facts)

    def found(self, collection: str, **filter: Any) -> list[str]:
        """The ids of the records of a collection that a filter finds, in the order of names."""
        listed = self.client.list(collection, "calendars/c", filter=Filter(**filter))
        return [record.name.rpartition("/")[2] for record in listed]

    def warned(self, kind: str, first: str, last: str = "") -> list[tuple[str, ...]]:
        """The warnings of a kind: ids, subject, and "hard" where it cannot be so."""
        value = ConflictKind.Value(f"CONFLICT_KIND_{kind}")
        answer = self._ask("FindConflicts", filter=_window(first, last), kinds=[value])
        return [
            (*map(_id, filter(None, (one.name, one.other_name))), one.subject, "hard" * one.hard)
            for one in answer.conflicts
        ]

    def located(self, person: str, day: str) -> list[str]:
        """Where a person is for certain, by the first name of the town."""
        asked = {"persons": [person], "window": _window(day, "").window}
        answer = self._ask("LocatePrincipals", **asked)
        return [presence.places[0].localities[0].text for presence in answer.presences]

    def _ask(self, name: str, **fields: Any) -> Any:
        method = AGENDA[name]
        call = self.channel.unary_unary(
            method.path, method.request.SerializeToString, method.response.FromString
        )
        return call(method.request(parent="calendars/c", **fields), timeout=60)

    def refused(self, time: Any, **facts: Any) -> InvalidArgumentError:
        with pytest.raises(InvalidArgumentError) as caught:
            self.put("meetings/refused", time, **facts)
        return caught.value

    def items(self, first: str, last: str = "", zone: str = "UTC", **how: Any) -> list[AgendaItem]:
        filter = Filter(window=how)
        asked = {"first_date": first, "last_date": last, "time_zone": zone, "filter": filter}
        return list(self.client.agenda("calendars/c", **asked))  # type: ignore[arg-type]

    def on(self, first: str, last: str = "", zone: str = "UTC", **how: Any) -> list[str]:
        """The ids of what is on, in order; by_label and certain unless `how` says otherwise."""
        items = self.items(first, last, zone, **how)
        return [getattr(item, item.WhichOneof("record")).uid for item in items]  # type: ignore[arg-type]

    def feed(self, partial: str = "omit") -> dict[str, list[str]]:
        """The content lines of each event of the French feed, by UID."""
        url = f"{self.http}/feeds/c.ics?lang=fr&partial={partial}"
        with urllib.request.urlopen(url, timeout=60) as answer:
            text = answer.read().decode().replace("\r\n ", "")
        events = [part.split("END:VEVENT")[0] for part in text.split("BEGIN:VEVENT")[1:]]
        uid = re.compile(r"^UID:(.*)$", re.MULTILINE)
        lines = [event.strip().split("\r\n") for event in events]
        return {uid.search("\n".join(event))[1]: event for event in lines}  # type: ignore[index]

    def when(self, id: str, partial: str = "omit") -> list[str]:
        """The lines of an event in the feed that say when it is; none if it is not shown."""
        lines = self.feed(partial).get(id, [])
        return [line for line in lines if re.match("DTSTART|DTEND|DURATION|X-SUMMITRY-EDTF", line)]


def _id(name: str) -> str:
    return name.rpartition("/")[2]


def _window(first: str, last: str) -> Filter:
    days = {"first_date": first, "last_date": last, "time_zone": "UTC"}
    return Filter(window={"dates": days})  # type: ignore[arg-type]


@pytest.fixture
def desk(service: Any) -> Iterator[Desk]:
    with Client(service.grpc) as client:
        client.create(BY_COLLECTION["calendars"].message(), id="c")
        yield Desk(client, service.http, service.channel)


class Makers:
    """EventTimes and places as JSON."""

    @staticmethod
    def dates(first: str, last: str = "", zone: str = "", text: str = "") -> dict[str, Any]:
        span = {"first_date": first, "last_date": last, "time_zone": zone}
        return {"dates": span, "text": text}

    @staticmethod
    def partial(edtf: str, zone: str = "", text: str = "") -> dict[str, Any]:
        return {"partial": {"edtf": edtf, "time_zone": zone}, "text": text}

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
