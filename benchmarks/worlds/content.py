"""What the records of a made-up world say: bodies without times, and times to combine them with.

A record is a body and a moment. Both are prepared by the rules of the service, once each, and are
then used in many records, since preparing a million records one by one would take half an hour.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import date, timedelta
from functools import cache
from itertools import accumulate
from typing import Any, NamedTuple

from google.protobuf import json_format

from summitry.kinds import DELEGATION, MEETING, NOTICE, SUMMIT, VISIT, Kind
from summitry.v1.event_time_pb2 import EventTime
from summitry.v1.meeting_pb2 import Meeting
from summitry.zones import TzDb
from summitry_server.domain.records.records import indexed, prepare
from summitry_server.domain.time.readings import readings_of
from summitry_server.domain.time.spans import stay_of
from summitry_server.store.contract import LocalTimeEntry, Row, Span

SEED = 20_260_101
FIRST, YEARS = date(2010, 1, 1), 20
DAYS = (date(FIRST.year + YEARS, 1, 1) - FIRST).days
SHARES = {MEETING: 70, VISIT: 15, SUMMIT: 5, NOTICE: 9, DELEGATION: 1}
PLACEHOLDER = "calendars/c00/{collection}/placeholder"
DIGITS = "0000000"  # in titles, where the number of a record goes

# What is frequent stands in about this share of the bodies that can have it.
FREQUENT = {
    "person": ("frequent-person", 0.06),
    "city": ("Astana", 0.12),
    "region": ("KZ", 0.12),
    "organization": ("frequent-organization", 0.10),
    "label": ("trade", 0.30),
    "word": ("economic", 0.28),
    "second word": ("cooperation", 0.20),
}
# What is rare stands in RARE_RECORDS records of a world, whatever its size.
RARE_RECORDS = 20
RARE = {
    "person": "rare-person",
    "city": "Zhetikara",
    "region": "TV",
    "organization": "rare-organization",
    "label": "heraldry",
    "word": "phosphorescent",
    "second word": "cooperation",
}
TOWNS = (
    ("Astana", "KZ", "Asia/Almaty"),
    ("Paris", "FR", "Europe/Paris"),
    ("New York", "US", "America/New_York"),
    ("Nairobi", "KE", "Africa/Nairobi"),
    ("Kathmandu", "NP", "Asia/Kathmandu"),
    ("Geneva", "CH", "Europe/Zurich"),
    ("Beijing", "CN", "Asia/Shanghai"),
    ("Brasilia", "BR", "America/Sao_Paulo"),
    ("New Delhi", "IN", "Asia/Kolkata"),
    ("Samarkand", "UZ", "Asia/Samarkand"),
)
SYLLABLES = ("ka", "ro", "mi", "te", "lu", "sha", "ben", "dor", "vi", "nas", "gul", "per")
PEOPLE, ORGANIZATIONS, WORDS = 3000, 200, 2000
SLOTS = {"hours": 6_000, "days": 2_000}  # of moments in a zone

Fields = dict[str, Any]


class Body(NamedTuple):
    """A record without name, uid, stamps and time, and the index entries that it has."""

    kind: Kind
    data: bytes
    row: Row
    zone: str


class Moment(NamedTuple):
    """A resolved time, and the index entries that it makes."""

    time: EventTime
    spans: tuple[Span, ...]
    stay: tuple[Span, ...]  # of a visit, beside its spans
    local_times: tuple[LocalTimeEntry, ...]


class Content:
    """The bodies and moments of a world. `variety` is the number of bodies."""

    def __init__(self, db: TzDb, variety: int) -> None:
        self._db = db
        self.bodies = [self._body(number) for number in range(variety)]
        self.rare = [self._rare_body(kind) for kind in (MEETING, VISIT)]
        self.moment = cache(self._moment)

    def _body(self, number: int) -> Body:
        chance = random.Random(SEED + number)
        (kind,) = chance.choices(tuple(SHARES), tuple(SHARES.values()))
        town = TOWNS[0] if chance.random() < FREQUENT["city"][1] else chance.choice(TOWNS[1:])
        return self._prepared(kind, _fields(kind, town, chance), town[2])

    def _rare_body(self, kind: Kind) -> Body:
        """Return a body with everything that is rare, and the second word, which is frequent."""
        chance = random.Random(SEED)
        town = (RARE["city"], RARE["region"], "Pacific/Funafuti")
        fields = _fields(kind, town, chance)
        words = f"{RARE['word']} {RARE['second word']} {DIGITS}"
        fields |= {"titles": _texts(words), "labels": {"topic": RARE["label"]}}
        if kind is MEETING:
            rare = {"person": _person(RARE["person"]), "party": _party(RARE["organization"])}
            fields["participants"] = [rare]
        else:
            fields["principals"] = [_person(RARE["person"])]
        return self._prepared(kind, fields, town[2])

    def _prepared(self, kind: Kind, fields: Fields, zone: str) -> Body:
        record = json_format.ParseDict(fields, kind.message())
        record.name = PLACEHOLDER.format(collection=kind.collection)
        prepare(record, kind.singular, self._db)
        row = indexed(record, self._db, b"")
        record.ClearField("name")
        return Body(kind, record.SerializeToString(deterministic=True), row, zone)

    def _moment(self, zone: str, form: str, slot: int) -> Moment:
        record = Meeting(name=PLACEHOLDER.format(collection=MEETING.collection))
        json_format.ParseDict(_time(zone, form, slot), record.time)
        prepare(record, MEETING.singular, self._db)
        row = indexed(record, self._db, b"")
        stay = stay_of([record.time], self._db)
        return Moment(record.time, row.spans, stay, readings_of(record, self._db))


def form_of(kind: Kind, chance: random.Random) -> str:
    """Return which form of time a record of a kind has; empty: none."""
    choices = {
        MEETING: (("hours", 100),),
        VISIT: (("days", 97), ("weeks", 2), ("month", 1)),
        SUMMIT: (("days", 95), ("month", 5)),
        NOTICE: (("days", 60), ("weeks", 20), ("year", 5), ("hours", 15)),
        DELEGATION: (("", 100),),
    }[kind]
    names, weights = zip(*choices, strict=True)
    return str(chance.choices(names, weights)[0])


def slot_of(form: str, chance: random.Random) -> int:
    """Return one of the slots of a form of time."""
    return chance.randrange(SLOTS["hours" if form == "hours" else "days"])


def _time(zone: str, form: str, slot: int) -> Fields:
    chance = random.Random(f"{SEED} {zone} {form} {slot}")
    day = FIRST + timedelta(days=chance.randrange(DAYS))
    if form == "hours":
        hour, minute = chance.randrange(8, 19), chance.choice((0, 15, 30))
        length = chance.choice((30, 45, 60, 90, 180))
        start = f"{day}T{hour:02}:{minute:02}"
        point = {"civil_time": start, "time_zone": zone}
        return {"timed": {"start": point, "duration": f"{length * 60}s"}}
    if form == "month":
        return {"partial": {"edtf": f"{day:%Y-%m}", "time_zone": zone}}
    longest = {"days": 5, "weeks": 60, "year": 366}[form]
    last = day + timedelta(days=chance.randrange(longest))
    return {"dates": {"first_date": str(day), "last_date": str(last), "time_zone": zone}}


def _fields(kind: Kind, town: Sequence[str], chance: random.Random) -> Fields:
    city, region, zone = town
    place = {"localities": _texts(city), "region_code": region, "time_zone": zone}
    topic = FREQUENT["label"][0] if _is(chance, "label") else chance.choice(_words()[-40:])
    return {
        "titles": _texts(f"{_title(chance)} {DIGITS}"),
        "summaries": _texts(_sentence(chance, 12)),
        "places": [place],
        "status": chance.choices(
            ("EVENT_STATUS_CONFIRMED", "EVENT_STATUS_CONCLUDED", "EVENT_STATUS_CANCELLED"),
            (55, 40, 5),
        )[0],
        "visibility": chance.choices(("VISIBILITY_PUBLIC", "VISIBILITY_INTERNAL"), (80, 20))[0],
        "labels": {"topic": topic},
        "sources": [{"id": "press", "publisher": "A paper", "url": "https://example.org/press"}],
        **_OWN_FIELDS[kind](region, chance),
    }


def _meeting(region: str, chance: random.Random) -> Fields:
    people = [{"person": _any_person(chance)} for _ in range(chance.randrange(1, 4))]
    return {
        "kind": chance.choice(("MEETING_KIND_BILATERAL", "MEETING_KIND_PLENARY")),
        "participants": [*people, {"party": _any_party(chance)}],
    }


def _visit(region: str, chance: random.Random) -> Fields:
    guest = {"kind": "PARTY_KIND_STATE", "region_code": chance.choice(TOWNS)[1]}
    return {
        "guest": guest,
        "host": {"kind": "PARTY_KIND_STATE", "region_code": region},
        "principals": [_any_person(chance)],
        "segments": [{"kind": chance.choice(("VISIT_KIND_STATE", "VISIT_KIND_WORKING"))}],
    }


def _summit(region: str, chance: random.Random) -> Fields:
    return {
        "series": f"series-{chance.randrange(60)}",
        "organization": _any_party(chance),
        "level": "LEVEL_HEAD_OF_STATE",
        "hosts": [{"kind": "PARTY_KIND_STATE", "region_code": region}],
    }


def _notice(region: str, chance: random.Random) -> Fields:
    return {"kind": "NOTICE_KIND_TRANSPORT", "scheme": "colour", "code": "yellow"}


def _delegation(region: str, chance: random.Random) -> Fields:
    return {
        "party": {"kind": "PARTY_KIND_STATE", "region_code": region},
        "members": [{"person": _any_person(chance)} for _ in range(3)],
    }


_OWN_FIELDS = {
    MEETING: _meeting,
    VISIT: _visit,
    SUMMIT: _summit,
    NOTICE: _notice,
    DELEGATION: _delegation,
}


def _is(chance: random.Random, property: str) -> bool:
    return chance.random() < FREQUENT[property][1]


def _texts(text: str) -> list[Fields]:
    return [{"text": text, "language_code": "en"}]


def _person(id: str) -> Fields:
    return {"id": id, "names": _texts(id.replace("-", " ").title())}


def _party(id: str) -> Fields:
    return {"kind": "PARTY_KIND_ORGANIZATION", "id": id, "names": _texts(id.replace("-", " "))}


def _any_person(chance: random.Random) -> Fields:
    if _is(chance, "person"):
        return _person(FREQUENT["person"][0])
    rank = _rank(PEOPLE, chance)
    return _person(f"{_words()[rank % WORDS]}-{rank}")


def _any_party(chance: random.Random) -> Fields:
    if _is(chance, "organization"):
        return _party(FREQUENT["organization"][0])
    return _party(f"union-of-{_words()[_rank(ORGANIZATIONS, chance)]}")


def _title(chance: random.Random) -> str:
    frequent = [FREQUENT[name][0] for name in ("word", "second word") if _is(chance, name)]
    return " ".join(("Talks on", *frequent, _sentence(chance, 4)))


def _sentence(chance: random.Random, length: int) -> str:
    return " ".join(_words()[_rank(WORDS, chance)] for _ in range(length))


def _rank(count: int, chance: random.Random) -> int:
    """Return a number below `count`: the first are frequent, as words of a language are (Zipf)."""
    return chance.choices(range(count), cum_weights=_zipf(count))[0]


@cache
def _zipf(count: int) -> list[float]:
    return list(accumulate(1 / (rank + 3) for rank in range(count)))


@cache
def _words() -> list[str]:
    """Return made-up words, none of which is in another one that is frequent or rare."""
    chance = random.Random(SEED)
    words: dict[str, None] = {}
    while len(words) < WORDS:
        words["".join(chance.choices(SYLLABLES, k=chance.randrange(2, 5)))] = None
    return list(words)
