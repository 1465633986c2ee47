"""Records of former formats: what becomes of each field, and that only what is listed is lost."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import json_format
from hypothesis import given
from hypothesis import strategies as st

from summitry.formats.files import read_records
from summitry.formats.former import from_former, from_former_bytes
from summitry.formats.former.conversion import STEPS
from summitry.formats.former.messages import message_class
from summitry.formats.json_form import to_json
from summitry.kinds import KINDS, Kind, parse_name
from summitry.kinds import SUMMIT as SUMMIT_KIND
from summitry.statuses import takes_place
from summitry.v1.record_pb2 import RecordKind

Fields = dict[str, Any]

SUMMIT = "calendars/c/summits/s"
VISIT = "calendars/c/visits/v"
MEETING = "calendars/c/meetings/m"
DELEGATION = "calendars/c/delegations/d"
FEED = "calendars/c/feeds/f"

# By case: the name of a record, its fields in format 1, and the same fields today.
FORMAT_1: dict[str, tuple[str, Fields, Fields]] = {
    "uid": (SUMMIT, {"uid": "u"}, {"ical_uid": "u"}),
    "uid of a calendar": ("calendars/c", {"uid": "u"}, {"ical_uid": "u"}),
    "words of a time": (
        SUMMIT,
        {"time": {"partial": {"edtf": "2023-10"}, "text": "octobre 2023"}},
        {"time": {"partial": {"edtf": "2023-10"}, "source_text": "octobre 2023"}},
    ),
    "words of a place": (
        MEETING,
        {"places": [{"text": "Akorda"}]},
        {"places": [{"source_text": "Akorda"}]},
    ),
    "words of parties and persons": (
        VISIT,
        {"guest": {"text": "Peking"}, "principals": [{"text": "Xi"}]},
        {"guest": {"source_text": "Peking"}, "principals": [{"source_text": "Xi"}]},
    ),
    "an outcome": (
        SUMMIT,
        {"outcomes": [{"source": "host", "text": "17 accords", "count": 17}]},
        {"outcomes": [{"source_id": "host", "source_text": "17 accords", "count": 17}]},
    ),
    "a claim keeps its text": (
        SUMMIT,
        {"claims": [{"source": "host", "field_path": "trip", "text": "a"}]},
        {"claims": [{"source_id": "host", "field_path": "trip", "text": "a"}]},
    ),
    "preferences and changes of status": (
        SUMMIT,
        {"preferences": [{"source": "host"}], "status_changes": [{"source": "host"}]},
        {"preferences": [{"source_id": "host"}], "status_changes": [{"source_id": "host"}]},
    ),
    "a verb": (
        SUMMIT,
        {"status_changes": [{"verb": "postpone", "reason": "heat"}, {"verb": "dance"}]},
        {"status_changes": [{"verb": "EVENT_VERB_POSTPONE", "reason": "heat"}, {}]},
    ),
    "a stored record without visibility": (
        SUMMIT,
        {"revision": "7"},
        {"revision": "7", "visibility": "VISIBILITY_PUBLIC"},
    ),
    "a stored record with a visibility": (
        SUMMIT,
        {"revision": "7", "visibility": "VISIBILITY_SECRET"},
        {"revision": "7", "visibility": "VISIBILITY_SECRET"},
    ),
    "arrival and departure": (
        DELEGATION,
        {"members": [{"arrival": {"civil_time": "2024-07-02T18:00"}, "text": "late"}]},
        {
            "members": [
                {
                    "arrival": {"timed": {"start": {"civil_time": "2024-07-02T18:00"}}},
                    "source_text": "late",
                }
            ]
        },
    ),
    "a principal as a party": (
        DELEGATION,
        {"members": [{"represents": {"kind": "PARTY_KIND_PERSON", "id": "modi", "text": "M."}}]},
        {"members": [{"on_behalf_of": {"id": "modi", "source_text": "M."}}]},
    ),
    "a person as a party": (
        MEETING,
        {"participants": [{"party": {"kind": "PARTY_KIND_PERSON", "id": "xi"}}]},
        {"participants": [{"person": {"id": "xi"}}]},
    ),
    "certainty of matches": (
        FEED,
        {"filter": {"text": "x", "window": {"matching": "MATCHING_POSSIBLE"}}},
        {"filter": {"text": "x"}, "fixed_window": {"matching": "MATCH_CERTAINTY_POSSIBLE"}},
    ),
}  # fmt: skip

CERTAINTY = "CERTAINTY_{}".format
STATUS = "EVENT_STATUS_{}".format
# By case: certainty and status in formats 1 and 2, and the same today.
OCCURRENCES: dict[str, tuple[tuple[str, str], tuple[str, str]]] = {
    "unplanned": (("UNPLANNED", ""), ("", "UNPLANNED")),
    "unplanned and concluded": (("UNPLANNED", "CONCLUDED"), ("", "UNPLANNED")),
    "unplanned and confirmed": (("UNPLANNED", "CONFIRMED"), ("", "UNPLANNED")),
    "unplanned, and interrupted": (("UNPLANNED", "SUSPENDED"), ("", "SUSPENDED")),
    "cancelled": (("CANCELLED", ""), ("", "CANCELLED")),
    "cancelled, once confirmed": (("CANCELLED", "CONFIRMED"), ("", "CANCELLED")),
    "cancelled by the host": (("CANCELLED", "WITHDRAWN_BY_HOST"), ("", "WITHDRAWN_BY_HOST")),
    "cancelled, once postponed": (("CANCELLED", "POSTPONED"), ("", "POSTPONED")),
    "a rating": (("HIGHLY_LIKELY", "CANCELLED"), ("HIGHLY_LIKELY", "CANCELLED")),
}


def yaml_of(fields: Fields) -> str:
    return "".join(f"{name}: {value}\n" for name, value in fields.items())


def kind_of(name: str) -> Kind:
    """Return the kind of a record by its name."""
    parsed = parse_name(name)
    assert parsed is not None
    return parsed.kind


@pytest.mark.parametrize(("name", "former", "today"), FORMAT_1.values(), ids=FORMAT_1)
def test_field_has_its_form_of_today(name: str, former: Fields, today: Fields) -> None:
    kind = kind_of(name)
    expected = json_format.ParseDict({"name": name, **today}, kind.message())
    assert from_former(kind, {"name": name, **former}, 1) == expected


@pytest.mark.parametrize("format", STEPS, ids="format {}".format)
@pytest.mark.parametrize(("former", "today"), OCCURRENCES.values(), ids=OCCURRENCES)
def test_status_says_what_certainty_said(
    former: tuple[str, str], today: tuple[str, str], format: int
) -> None:
    expected = json_format.ParseDict(occurrence(*today), SUMMIT_KIND.message())
    assert from_former(SUMMIT_KIND, occurrence(*former), format) == expected


@pytest.mark.parametrize("write", [json.dumps, yaml_of], ids=["ndjson", "yaml"])
@pytest.mark.parametrize(("former", "today"), OCCURRENCES.values(), ids=OCCURRENCES)
def test_file_is_read_with_the_certainty_of_format_2(
    former: tuple[str, str], today: tuple[str, str], write: Callable[[Fields], str], tmp_path: Path
) -> None:
    file = tmp_path / f"record.{'ndjson' if write is json.dumps else 'yaml'}"
    file.write_text(write({"name": SUMMIT, **occurrence(*former)}))
    expected = json_format.ParseDict({"name": SUMMIT, **occurrence(*today)}, SUMMIT_KIND.message())
    assert [record for _, record in read_records(file)] == [expected]


def occurrence(certainty: str, status: str) -> Fields:
    return {
        **({"certainty": CERTAINTY(certainty)} if certainty else {}),
        **({"status": STATUS(status)} if status else {}),
    }


BY_TYPE = {
    "TYPE_BOOL": st.just(True),
    "TYPE_STRING": st.integers(1).map("words {}".format),
    "TYPE_DOUBLE": st.sampled_from((1.5, -2.25)),
    "google.protobuf.Timestamp": st.integers(0, 10**9).map(lambda seconds: {"seconds": seconds}),
}


def values(field: Any, depth: int) -> st.SearchStrategy[Any]:
    """Draw a value of a field of a former format, as a keyword takes it."""
    if field.message_type is not None:
        instant = BY_TYPE.get(field.message_type.full_name)
        return messages(field.message_type, depth - 1) if instant is None else instant
    if field.enum_type is not None:
        return st.sampled_from([value.number for value in field.enum_type.values[1:]])
    types = {getattr(field, name): BY_TYPE[name] for name in BY_TYPE if name.startswith("TYPE_")}
    return types.get(field.type, st.integers(1, 2000))


@st.composite
def messages(draw: st.DrawFn, descriptor: Any, depth: int = 5) -> Fields:
    """Draw a message of a former format with some of its fields, of a oneof at most one."""
    usable = [field for field in descriptor.fields if depth or field.message_type is None]
    fields = (
        draw(st.lists(st.sampled_from(usable), max_size=6, unique_by=oneof_of)) if usable else []
    )
    return {field.name: draw(whole_values(field, depth)) for field in fields}


def whole_values(field: Any, depth: int) -> st.SearchStrategy[Any]:
    if field.message_type is not None and field.message_type.GetOptions().map_entry:
        return st.dictionaries(BY_TYPE["TYPE_STRING"], BY_TYPE["TYPE_STRING"], max_size=2)
    value = values(field, depth)
    return st.lists(value, min_size=1, max_size=2) if field.is_repeated else value


def oneof_of(field: Any) -> str:
    return str(field.containing_oneof.name if field.containing_oneof else field.name)


# Of the former formats; a kind that came later has a larger number.
KINDS_OF_BEFORE = [kind for kind in KINDS if kind.number <= RecordKind.RECORD_KIND_FEED]


@st.composite
def former_records(draw: st.DrawFn, format: int) -> tuple[Kind, Any]:
    """Draw a kind, and a record of it in a former format with any fields."""
    kind = draw(st.sampled_from(KINDS_OF_BEFORE))
    message = message_class(kind.message.DESCRIPTOR.name, format)
    return kind, message(**draw(messages(message.DESCRIPTOR)))


# Derived by the server, which derives them again; and verbs, of which the server knows each word.
NOT_KEPT = frozenset({"authority", "resolved", "verb"})
# Said by another field, or by the status, whose test is above.
SAID_ELSEWHERE = {"PARTY_KIND_PERSON", "CERTAINTY_UNPLANNED", "CERTAINTY_CANCELLED"}
VALUES = {name: today for step in STEPS.values() for name, today in step.values.items()}


def leaves(value: Any) -> Iterator[Any]:
    """Yield the texts, numbers and names of values in a record as protobuf JSON, by today's names."""
    if isinstance(value, dict):
        certainty = value.get("certainty")
        for name, part in value.items():
            replaced = name == "status" and certainty in SAID_ELSEWHERE
            if name not in NOT_KEPT and not replaced:
                yield from leaves(part)
    elif isinstance(value, list):
        for part in value:
            yield from leaves(part)
    elif value not in SAID_ELSEWHERE:
        yield VALUES.get(value, value) if isinstance(value, str) else value


@pytest.mark.parametrize("format", STEPS, ids="format {}".format)
@given(data=st.data())
def test_no_value_is_lost(format: int, data: st.DataObject) -> None:
    kind, former = data.draw(former_records(format))
    converted = from_former_bytes(kind, former.SerializeToString(), format)
    assert Counter(leaves(to_json(former))) <= Counter(leaves(to_json(converted)))


@pytest.mark.parametrize("format", STEPS, ids="format {}".format)
@given(data=st.data())
def test_event_takes_place_as_before(format: int, data: st.DataObject) -> None:
    kind, former = data.draw(former_records(format))
    converted = from_former_bytes(kind, former.SerializeToString(), format)
    assert takes_place(converted) is took_place(to_json(former))


def took_place(fields: Fields) -> bool:
    """Return whether an event took place by the rule of former formats."""
    off = {STATUS(name) for name in ("POSTPONED", "CANCELLED", "WITHDRAWN_BY_HOST", "NOT_HELD")}
    return fields.get("status") not in off and fields.get("certainty") != CERTAINTY("CANCELLED")
