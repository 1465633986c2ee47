"""Random records of every kind with every field, as a server takes them."""

from __future__ import annotations

from typing import Any

from google.api.field_behavior_pb2 import FieldBehavior, field_behavior
from hypothesis import strategies as st

from summitry.fields import Fields
from summitry.formats.profiles.carried import output_only
from summitry.kinds import FEED, KINDS, UNUSED_FIELDS, Kind

C = "calendars/c"
SUMMITS = (f"{C}/summits/s0", f"{C}/summits/s1")
SOURCES = ("agency", "host")
LANGUAGES = ("en", "fr", "zh-Hans", "")
ZONES = ("", "Asia/Almaty", "Europe/Paris", "America/New_York")

# What spreadsheets, XML, YAML and our own formats could take for something else.
ODD = (
    "=1+1", "=cmd|' /C calc'!A0", "+5", "-5", "@SUM(1)", "'", "''", "'=1", "'plain", "{}", "null",
    "true", "NO", "10:00", "2024-07-03", "a,b;c", 'say "x"', " left", "right ", "a  b", "\u00a0x",
    "<a>&amp;</a>", "]]>", "\ufffe", "\uff1d1", "Łukasz", "会议", "\U0001f389", "# x", "- x", "%x",
)  # fmt: skip
TEXTS = st.sampled_from(ODD) | st.text(
    st.characters(exclude_categories=("Cc", "Cs"), exclude_characters="\u2028\u2029" + "".join(
        map(chr, (*range(0x202A, 0x202F), *range(0x2066, 0x206A)))
    )),
    max_size=12,
)  # fmt: skip
LINES = TEXTS | st.sampled_from(("two\nlines", "a\tb", "\nfirst", "last\n", "\t=1"))

TIMES: tuple[Fields, ...] = (
    {"dates": {"first_date": "2024-07-03", "last_date": "2024-07-04"}},
    {"dates": {"first_date": "2024-07-03", "open_end": True}, "source_text": "=3 July"},
    {"dates": {"last_date": "2024-07-04", "open_start": True}, "end_unconfirmed": True},
    {"partial": {"edtf": "2024-07"}, "source_text": "in July"},
    {"partial": {"edtf": "[2024-05-02,2024-09-10]", "time_zone": "Europe/Paris"}},
    {"partial": {"edtf": "2024-07-03?"}, "start_unconfirmed": True},
    {"timed": {"start": {"civil_time": "2024-07-03T10:00", "time_zone": "Asia/Almaty"}}},
    {
        "timed": {
            "start": {"civil_time": "2024-07-03T10:00:30", "time_zone": "Asia/Almaty"},
            "end": {"civil_time": "2024-07-03T09:00", "time_zone": "Europe/Paris"},
        },
        "fixed_as": "FIXED_AS_INSTANT",
    },
    {
        "timed": {
            "start": {
                "civil_time": "2024-10-27T02:30",
                "time_zone": "Europe/Paris",
                "disambiguation": "DISAMBIGUATION_LATER",
            }
        }
    },
    {"timed": {"start": {"civil_time": "2024-07-03T10:00", "utc_offset": "-03:30"}}},
    {
        "timed": {
            "start": {
                "civil_time": "2024-07-03T10:00",
                "time_zone": "Europe/Paris",
                "utc_offset": "+02:00",
            }
        }
    },
    {"timed": {"start": {"instant": "2024-07-03T05:00:00Z", "time_zone": "Asia/Almaty"}}},
)
POINTS = tuple(time["timed"]["start"] for time in TIMES if "timed" in time)
FILTERS: tuple[Fields, ...] = (
    {"persons": ["xi-jinping"]},
    {"region_codes": ["KZ", "FR"], "kinds": ["RECORD_KIND_SUMMIT"]},
)

# Fields that have a form of their own, by the name of the field or of its message.
BY_NAME: dict[str, st.SearchStrategy[Any]] = {
    "language_code": st.sampled_from(LANGUAGES),
    "languages": st.sampled_from(LANGUAGES[:3]),
    "id": st.sampled_from(("", "astana", "xi-jinping", "a1")),
    "region_code": st.sampled_from(("", "KZ", "FR", "YUCS")),
    "currency_code": st.sampled_from(("USD", "EUR")),
    "time_zone": st.sampled_from(ZONES),
    "url": st.sampled_from(("https://example.org/a?b=c&d", "http://example.org")),
    "published": st.sampled_from(("", "2024-07-03T07:00+01:00", "2024-07")),
    "first_date": st.sampled_from(("", "1971-10-27", "1971")),
    "last_date": st.sampled_from(("", "1997-05-17", "1997")),
    "field_path": st.sampled_from(("titles", "time", "status")),
    "source_id": st.sampled_from(SOURCES),
    "source_language_code": st.sampled_from(("", "fr", "zh-Hans")),
    "parent_event": st.sampled_from(("", *SUMMITS)),
    "summit": st.sampled_from(("", *SUMMITS)),
    "event": st.sampled_from(SUMMITS),
    "color": st.sampled_from(("", "teal")),
}
BY_MESSAGE: dict[str, st.SearchStrategy[Any]] = {
    "summitry.v1.EventTime": st.sampled_from(TIMES),
    "summitry.v1.TimePoint": st.sampled_from(POINTS),
    "summitry.v1.Filter": st.sampled_from(FILTERS),
    "google.protobuf.Timestamp": st.sampled_from(("2024-07-03T05:00:00Z", "1999-12-31T23:59:59Z")),
    "google.type.LatLng": st.fixed_dictionaries(
        {"latitude": st.floats(-90, 90), "longitude": st.floats(-180, 180)}
    ),
    "google.type.Money": st.fixed_dictionaries(
        {"currency_code": BY_NAME["currency_code"], "units": st.integers(0, 10**12)}
    ),
}
# By form of a claimed value: the field of each kind that it can be of, "" for all other kinds.
CLAIMED: dict[str, dict[str, str]] = {
    "place": {"": "places"},
    "status": {"": "status"},
    "party": {
        "calendar": "owner",
        "summit": "hosts",
        "visit": "guest",
        "meeting": "participants",
        "delegation": "party",
        "notice": "issuer",
    },
    "person": {"visit": "principals", "meeting": "participants", "delegation": "members"},
}
_PERSON = "PARTY_KIND_PERSON"  # refused where a field of its own says who it is
_NEVER = frozenset({"name", "ical_uid", "etag", "sources", "embargo_until"})
# The rules of feeds bind these to each other: left to the tests of feeds.
_FEED = frozenset({"max_visibility", "max_events", "max_bytes", "window", "fixed_window"})


def _value(field: Any) -> st.SearchStrategy[Any]:
    if field.message_type is not None:
        strategy = BY_MESSAGE.get(field.message_type.full_name)
        return (
            strategy if strategy is not None else st.deferred(lambda: _message(field.message_type))
        )
    if (form := BY_NAME.get(field.name)) is not None:
        return form
    if field.enum_type is not None:
        names = [value.name for value in field.enum_type.values]
        return st.sampled_from([name for name in names if name != _PERSON])
    by_type: dict[int, st.SearchStrategy[Any]] = {
        field.TYPE_BOOL: st.booleans(),
        field.TYPE_STRING: TEXTS,
    }
    return by_type.get(field.type, st.integers(0, 2000))


def _field(field: Any) -> st.SearchStrategy[Any]:
    if field.message_type is not None and field.message_type.GetOptions().map_entry:
        keys = st.sampled_from(("tags", "a.b", "x[y]", "k"))
        return st.dictionaries(keys, TEXTS, max_size=3)
    if not field.is_repeated:
        return _value(field)
    value = _value(field)
    if field.name == "members":  # of a delegation, which has the party
        value = _message(field.message_type, frozenset({"party"}))
    if field.name == "summaries":
        value = st.fixed_dictionaries({"text": LINES, "language_code": BY_NAME["language_code"]})
    return st.lists(value, max_size=3)


@st.composite
def _message(draw: st.DrawFn, descriptor: Any, left_out: frozenset[str] = frozenset()) -> Fields:
    """Draw a message with some of its fields; of a oneof at most one."""
    left_out |= output_only(descriptor)
    fields = [field for field in descriptor.fields if field.name not in left_out]
    required = [field for field in fields if _is_required(field)]
    optional = draw(st.lists(st.sampled_from(fields), max_size=8, unique_by=_oneof_of))
    return {field.name: draw(_field(field)) for field in (*required, *optional)}


def _is_required(field: Any) -> bool:
    behaviors = field.GetOptions().Extensions[field_behavior]
    return FieldBehavior.REQUIRED in behaviors and not field.is_repeated


def _oneof_of(field: Any) -> str:
    oneof = field.containing_oneof
    return str(oneof.name if oneof is not None else field.name)


def _fitting(claim: Fields, kind: Kind) -> Fields:
    """Return a claim for a field that its value can be of; without the value if there is none."""
    form = next((form for form in CLAIMED if form in claim), None)
    if form is None:
        return claim
    path = CLAIMED[form].get(kind.singular, CLAIMED[form].get("", ""))
    without = {name: value for name, value in claim.items() if name != form}
    if not path or claim[form] == "EVENT_STATUS_UNSPECIFIED":
        return without
    return {**claim, "field_path": path}


@st.composite
def records(draw: st.DrawFn, kinds: tuple[Kind, ...] = KINDS) -> tuple[Kind, Fields]:
    """Draw a kind, and the fields of such a record as protobuf JSON, without name and uid."""
    kind = draw(st.sampled_from(kinds))
    unused = UNUSED_FIELDS.get(kind, frozenset())
    left_out = _NEVER | unused | (_FEED if kind is FEED else frozenset())
    fields = draw(_message(kind.message.DESCRIPTOR, left_out))
    if draw(st.booleans()):
        fields["embargo_until"] = "2001-01-01T00:00:00Z"
    fields["claims"] = [_fitting(claim, kind) for claim in fields.get("claims", ())]
    # Claims and outcomes name sources, which must be there.
    if "sources" not in unused:
        fields["sources"] = [{"id": id_, "publisher": draw(TEXTS)} for id_ in SOURCES]
    return kind, fields
