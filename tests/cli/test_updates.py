"""`update` with one flag changes what that flag names, and nothing else.

The model works on records as JSON and shares no code with the commands.
"""

from __future__ import annotations

import contextlib
import io
import itertools
from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from summitry import Client
from summitry.__main__ import main
from summitry.cli.parser import make
from summitry.errors import AbortedError
from summitry.formats.files import to_dict
from summitry.kinds import BY_COLLECTION, UNUSED_FIELDS
from summitry_server.app import Application
from summitry_server.config import parse_config

Json = dict[str, Any]
NUMBERS = itertools.count()
# Set by the server, or made from what a flag changes.
DERIVED = {"etag", "revision", "sequence", "update_time", "status_changes", "purge_time"}

LANGUAGES = st.sampled_from(["en", "fr", "zh-Hans", ""])
WORDS = st.sampled_from(["Plenary", "Séance", "Лунч", "a=b", "x, y"])
TEXTS = st.lists(
    st.builds(lambda code, text: {"text": text, "language_code": code}, LANGUAGES, WORDS),
    max_size=3,
    unique_by=lambda text: text["language_code"],
)
ZONES = st.sampled_from(["Asia/Almaty", "Europe/Paris"])
POINTS = ("2024-07-04T10:00", "2024-07-04T12:30")


def points(zone: str, end_zone: str, ends: bool) -> Json:
    span = {"start": {"civil_time": POINTS[0], "time_zone": zone}}
    if ends:
        span["end"] = {"civil_time": "2024-07-05T12:30", "time_zone": end_zone}
    return {"timed": span}


def days(zone: str, ends: bool) -> Json:
    last = {"last_date": "2024-07-04"} if ends else {"open_end": True}
    return {"dates": {"first_date": "2024-07-02", "time_zone": zone, **last}}


TIMES = st.one_of(
    st.builds(points, ZONES, ZONES, st.booleans()),
    st.builds(days, ZONES, st.booleans()),
    st.builds(lambda zone: {"partial": {"edtf": "2024-07", "time_zone": zone}}, ZONES),
)
PLACES = st.lists(
    st.fixed_dictionaries(
        {"region_code": st.sampled_from(["KZ", "FR"]), "time_zone": ZONES},
        optional={
            "id": st.just("here"),
            "localities": TEXTS,
            "venues": TEXTS,
            "position": st.just({"latitude": 51, "longitude": 71}),
            "source_text": WORDS,
        },
    ),
    max_size=2,
)
HEADERS: dict[str, st.SearchStrategy[Any]] = {
    "titles": TEXTS,
    "summaries": TEXTS,
    "time": st.builds(lambda time, text: {**time, "source_text": text}, TIMES, WORDS),
    "places": PLACES,
    "status": st.sampled_from(["EVENT_STATUS_ANNOUNCED", "EVENT_STATUS_IN_PROGRESS"]),
    "status_text": WORDS,
    "visibility": st.just("VISIBILITY_INTERNAL"),
    "labels": st.just({"desk": "asia"}),
    "links": st.just([{"url": "https://example.org"}]),
    "sources": st.just([{"id": "wire", "publisher": "A wire"}]),
}
SEGMENTS = st.lists(
    st.fixed_dictionaries({"kind": st.just("VISIT_KIND_STATE"), "kind_text": WORDS}), max_size=2
)
OWN: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "calendars": {"time_zone": ZONES, "languages": st.just(["en", "fr"])},
    "summits": {"series": st.just("sco"), "edition": st.just(24)},
    "visits": {"segments": SEGMENTS, "trip": st.just("t")},
    "meetings": {"kind": st.just("MEETING_KIND_PLENARY"), "kind_text": WORDS},
    "delegations": {"party": st.just({"region_code": "KZ"})},
    "notices": {"kind": st.just("NOTICE_KIND_CLOSURE"), "code": st.just("red")},
}
FILTERS = st.fixed_dictionaries(
    {},
    optional={
        "kinds": st.just(["RECORD_KIND_VISIT"]),
        "region_codes": st.just(["KZ", "FR"]),
        "persons": st.just(["xi"]),
        "statuses": st.just(["EVENT_STATUS_CONFIRMED"]),
        "text": st.just("astana"),
        "labels": st.just({"desk": "asia"}),
    },
)
FEEDS: dict[str, st.SearchStrategy[Any]] = {
    "titles": TEXTS,
    "summaries": TEXTS,
    "filter": FILTERS,
    "languages": st.just(["en", "fr"]),
    "detail": st.just("FEED_DETAIL_EVENTS"),
    "window": st.just({"days_before": 30, "days_after": 60, "time_zone": "UTC"}),
    "max_events": st.just(50),
    "color": st.just("gold"),
    "visibility": st.just("VISIBILITY_RESTRICTED"),
}


@st.composite
def records_as_json(draw: st.DrawFn) -> tuple[str, Json]:
    """Return a collection and the fields of a record to store in it."""
    collection = draw(st.sampled_from([*OWN, "feeds"]))
    fields = FEEDS if collection == "feeds" else HEADERS | OWN[collection]
    usable = fields.keys() - UNUSED_FIELDS.get(BY_COLLECTION[collection], frozenset())
    names = draw(st.sets(st.sampled_from(sorted(usable))))
    return collection, {name: draw(fields[name]) for name in sorted(names)}


def text(field: str) -> Callable[[Json, str], None]:
    """Return the model of a flag for texts by language."""

    def change(record: Json, value: str) -> None:
        language, _, words = value.rpartition("=")
        texts = record.setdefault(field, [])
        entries = [entry for entry in texts if entry.get("language_code", "") == language]
        if entries:
            entries[0]["text"] = words
        else:
            texts.append({"text": words} | ({"language_code": language} if language else {}))

    return change


def first(field: str, change: Callable[[Json, str], None]) -> Callable[[Json, str], None]:
    """Return the model of a flag for the first of several parts."""

    def run(record: Json, value: str) -> None:
        parts = record.setdefault(field, [])
        if not parts:
            parts.append({})
        change(parts[0], value)

    return run


def put(*path: str) -> Callable[[Json, Any], None]:
    """Return the model of a flag for one value."""

    def change(record: Json, value: Any) -> None:
        for name in path[:-1]:
            record = record.setdefault(name, {})
        record[path[-1]] = value

    return change


def moved_end(form: str, *path: str) -> Callable[[Json, str], None]:
    """Return the model of a flag for one end of a time that has this form."""

    def change(record: Json, value: str) -> None:
        span = record["time"][form]
        if path[0] == "end" and "end" not in span:
            span["end"] = {"time_zone": span["start"]["time_zone"]}
        span.pop({"first_date": "open_start", "last_date": "open_end"}.get(path[0]), None)
        put(*path)(span, value)

    return change


def opened(record: Json, date: str, flag: str) -> None:
    """Model an end of days that becomes open."""
    span = record["time"]["dates"]
    del span[date]
    span[flag] = True


Case = tuple[str, str, Callable[[Json, Any], None], Any]  # flag, value, model, value in JSON
RECORD_FLAGS: list[Case] = [
    ("--title", "en=New", text("titles"), "en=New"),
    ("--title", "New", text("titles"), "=New"),
    ("--summary", "fr=Nouveau", text("summaries"), "fr=Nouveau"),
    ("--place", "en=Almaty", first("places", text("localities")), "en=Almaty"),
    ("--venue", "fr=Palais", first("places", text("venues")), "fr=Palais"),
    ("--country", "fr", first("places", put("region_code")), "FR"),
    ("--status", "suspended", put("status"), "EVENT_STATUS_SUSPENDED"),
    ("--visibility", "secret", put("visibility"), "VISIBILITY_SECRET"),
    ("--from", "2024-07-01", moved_end("dates", "first_date"), "2024-07-01"),
    ("--to", "2024-07-09", moved_end("dates", "last_date"), "2024-07-09"),
    ("--start", POINTS[1], moved_end("timed", "start", "civil_time"), POINTS[1]),
    ("--end", "2024-07-05T20:00", moved_end("timed", "end", "civil_time"), "2024-07-05T20:00"),
    ("--partial", "2024-08", moved_end("partial", "edtf"), "2024-08"),
]
NEEDS = {"--from": "dates", "--to": "dates", "--start": "timed", "--end": "timed"}
NEEDS["--partial"] = "partial"
KIND_FLAGS: dict[str, list[Case]] = {
    "calendars": [("--zone", "Asia/Tokyo", put("time_zone"), "Asia/Tokyo")],
    "visits": [("--kind", "private", first("segments", put("kind")), "VISIT_KIND_PRIVATE")],
    "meetings": [("--kind", "bilateral", put("kind"), "MEETING_KIND_BILATERAL")],
    "notices": [("--kind", "transport", put("kind"), "NOTICE_KIND_TRANSPORT")],
}
FEED_FLAGS: list[Case] = [
    ("--title", "en=New", text("titles"), "en=New"),
    ("--summary", "fr=Nouveau", text("summaries"), "fr=Nouveau"),
    ("--lang", "fr,ru", put("languages"), ["fr", "ru"]),
    ("--detail", "items", put("detail"), "FEED_DETAIL_ITEMS"),
    ("--partial", "span", put("partial_dates"), "PARTIAL_DATES_SPAN"),
    ("--cancelled", "mark", put("cancelled_events"), "CANCELLED_EVENTS_MARK"),
    ("--times", "utc", put("time_style"), "TIME_STYLE_UTC"),
    ("--profile", "rich", put("profile"), "FEED_PROFILE_RICH"),
    ("--past-days", "7", put("window", "days_before"), 7),
    ("--future-days", "8", put("window", "days_after"), 8),
    ("--max-events", "9", put("max_events"), 9),
    ("--color", "red", put("color"), "red"),
    ("--kind", "summit", put("filter", "kinds"), ["RECORD_KIND_SUMMIT"]),
    ("--country", "cn", put("filter", "region_codes"), ["CN"]),
    ("--person", "putin", put("filter", "persons"), ["putin"]),
    ("--organization", "sco", put("filter", "organizations"), ["sco"]),
    ("--city", "astana", put("filter", "cities"), ["astana"]),
    ("--status", "announced", put("filter", "statuses"), ["EVENT_STATUS_ANNOUNCED"]),
    ("--label", "team=press", put("filter", "labels", "team"), "press"),
    ("--trip", "t", put("filter", "trips"), ["t"]),
    ("--part-of", "c/summits/s", put("filter", "parent_events"), ["calendars/c/summits/s"]),
    ("--uid", "u-1", put("filter", "ical_uids"), ["u-1"]),
    ("--series", "sco", put("filter", "series"), ["sco"]),
    ("--level", "minister", put("filter", "levels"), ["LEVEL_MINISTER"]),
    ("--host", "KZ", put("filter", "hosts"), ["KZ"]),
    ("--visit-kind", "state", put("filter", "visit_kinds"), ["VISIT_KIND_STATE"]),
    ("--meeting-kind", "forum", put("filter", "meeting_kinds"), ["MEETING_KIND_FORUM"]),
    (
        "--updated-since",
        "2024-07-01T00:00:00Z",
        put("filter", "updated_since"),
        "2024-07-01T00:00:00Z",
    ),
    ("--text", "summit", put("filter", "text"), "summit"),
    ("--disputed", "", put("filter", "disputed"), True),
    ("--no-disputed", "", put("filter", "disputed"), False),
]


def cases(collection: str, record: Json) -> list[Case]:
    """Return the flags that fit a record in its present form."""
    if collection == "feeds":
        window = "window" in record
        return [case for case in FEED_FLAGS if window or not case[0].endswith("-days")]
    time = record.get("time", {})
    unused = UNUSED_FIELDS.get(BY_COLLECTION[collection], ())
    flags = [case for case in RECORD_FLAGS if case[0].removeprefix("--") not in unused]
    flags += KIND_FLAGS.get(collection, [])
    return [case for case in flags if case[0] not in NEEDS or NEEDS[case[0]] in time]


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[str, Client]]:
    """Return the address of one service, and a client of it."""
    options = ["--store", "memory:", "--grpc", "127.0.0.1:0", "--http", "off"]
    application = Application(parse_config(options))
    with Client(str(application.grpc_address)) as client:
        yield str(application.grpc_address), client
    application.stop()


def run(address: str, *argv: str) -> tuple[int, str]:
    """Run a command line and return its exit code and error output."""
    errors = io.StringIO()
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(errors):
        code = main([*argv, "--server", address])
    return code, errors.getvalue()


def stored(client: Client, collection: str, fields: Json) -> Any:
    """Return a new record of these fields, in a calendar of its own."""
    calendar = f"calendars/c{next(NUMBERS)}"
    message = BY_COLLECTION[collection].message
    if collection == "calendars":
        return client.create(message(name=calendar, **deepcopy(fields)))
    client.create(BY_COLLECTION["calendars"].message(name=calendar))
    return client.create(message(name=f"{calendar}/{collection}/r", **deepcopy(fields)))


def plain(record: Any) -> Json:
    """Return a record as JSON, without the fields that the server derives."""
    facts = {key: value for key, value in to_dict(record).items() if key not in DERIVED}
    time = facts.get("time", {})
    time.pop("resolved", None)
    for name in ("first_date", "last_date", "precision"):
        time.get("partial", {}).pop(name, None)
    for field in ("window", "filter"):
        if not facts.get(field, True):
            facts[field] = {}
    return facts


@pytest.mark.slow
@given(data=st.data(), kind_and_fields=records_as_json())
def test_one_flag_changes_its_own_part_alone(
    server: tuple[str, Client], data: st.DataObject, kind_and_fields: tuple[str, Json]
) -> None:
    address, client = server
    collection, fields = kind_and_fields
    record = stored(client, collection, fields)
    expected = plain(record)
    for flag, value, model, meant in data.draw(st.permutations(cases(collection, fields))):
        model(expected, meant)
        code, output = run(
            address, collection, "update", record.name, flag, *([value] if value else [])
        )
        assert code == 0, (flag, output)
        assert plain(client.get(record.name)) == expected, flag


CLEARED: dict[str, list[tuple[str, Callable[[Json], Any]]]] = {
    "meetings": [
        ("title", lambda r: r.pop("titles", 0)),
        ("title=fr", lambda r: r["titles"].__delitem__(1)),
        ("summary", lambda r: r.pop("summaries")),
        ("place", lambda r: r["places"][0].pop("localities")),
        ("venue=fr", lambda r: r["places"][0].pop("venues")),
        ("country", lambda r: r["places"][0].pop("region_code")),
        ("status", lambda r: r.pop("status")),
        ("kind", lambda r: r.pop("kind")),
        ("end", lambda r: r["time"]["timed"].pop("end")),
        ("time", lambda r: r.pop("time")),
        ("status_text", lambda r: r.pop("status_text")),
        ("status-text", lambda r: r.pop("status_text")),
        ("labels", lambda r: r.pop("labels")),
    ],
    "visits": [
        ("to", lambda r: opened(r, "last_date", "open_end")),
        ("from", lambda r: opened(r, "first_date", "open_start")),
        ("kind", lambda r: r["segments"][0].pop("kind")),
    ],
    "summits": [("partial", lambda r: r.pop("time"))],
    "calendars": [("zone", lambda r: r.pop("time_zone"))],
    "feeds": [
        ("lang", lambda r: r.pop("languages")),
        ("country", lambda r: r["filter"].pop("region_codes")),
        ("label=team", lambda r: r["filter"]["labels"].pop("team")),
        ("max-events", lambda r: r.pop("max_events")),
        ("past-days", lambda r: r.pop("window")),
        ("detail", lambda r: r.pop("detail")),
    ],
}
FULL: dict[str, Json] = {
    "meetings": {
        "titles": [{"text": "A", "language_code": "en"}, {"text": "B", "language_code": "fr"}],
        "summaries": [{"text": "S"}],
        "time": points("Asia/Almaty", "Europe/Paris", True),
        "places": [
            {
                "localities": [{"text": "Astana"}],
                "venues": [{"text": "Palais", "language_code": "fr"}],
                "region_code": "KZ",
                "time_zone": "Asia/Almaty",
            },
            {"region_code": "FR"},
        ],
        "status": "EVENT_STATUS_ANNOUNCED",
        "status_text": "as written",
        "kind": "MEETING_KIND_PLENARY",
        "labels": {"desk": "asia"},
    },
    "visits": {"time": days("Asia/Almaty", True), "segments": [{"kind": "VISIT_KIND_STATE"}] * 2},
    "summits": {"time": {"partial": {"edtf": "2024-07", "time_zone": "Asia/Almaty"}}},
    "calendars": {"time_zone": "Asia/Almaty", "languages": ["en"]},
    "feeds": {
        "filter": {"region_codes": ["KZ"], "text": "x", "labels": {"desk": "a", "team": "b"}},
        "languages": ["en"],
        "max_events": 5,
        "window": {"days_before": 1, "days_after": 2, "time_zone": "UTC"},
        "detail": "FEED_DETAIL_EVENTS",
    },
}


@pytest.mark.parametrize(
    ("collection", "field", "model"),
    [(collection, *case) for collection, rows in CLEARED.items() for case in rows],
    ids=[f"{collection}-{case[0]}" for collection, rows in CLEARED.items() for case in rows],
)
def test_clear_removes_what_a_flag_sets_and_nothing_else(
    server: tuple[str, Client], collection: str, field: str, model: Callable[[Json], Any]
) -> None:
    address, client = server
    record = stored(client, collection, FULL[collection])
    expected = plain(record)
    model(expected)
    code, output = run(address, collection, "update", record.name, "--clear", field)
    assert code == 0, output
    assert plain(client.get(record.name)) == expected


def test_every_flag_is_in_the_model() -> None:
    """A new flag of `update` gets a row here."""
    outside = {"--help", "-h", "--server", "--timeout", "--language", "--mask", "--etag"}
    outside |= {"--output", "--reason", "--clear", "--set", "--secret", "--internal", "--choose"}
    outside |= {"--dry-run", "--tls", "--ca", "--cert", "--key"}
    outside |= {"--time"}  # it replaces what others change: see the forms of a time
    for collection in ("meetings", "feeds"):
        rows = FEED_FLAGS if collection == "feeds" else RECORD_FLAGS + KIND_FLAGS["meetings"]
        parser = make([collection])
        groups = next(iter(_subparsers(parser)))[collection]
        update = next(iter(_subparsers(groups)))["update"]
        options = {option for action in update._actions for option in action.option_strings}
        assert options - outside - {"--zone"} == {row[0] for row in rows}


def _subparsers(parser: Any) -> Iterator[Any]:
    yield from (action.choices for action in parser._actions if action.nargs == "A...")


TIMED, DATES = points("Asia/Almaty", "Asia/Almaty", True), days("Asia/Almaty", True)


@pytest.mark.parametrize(
    ("time", "flags", "expected"),
    [
        (DATES, ("--start", "2024-07-02T09:00"),
         {"timed": {"start": {"civil_time": "2024-07-02T09:00", "time_zone": "Asia/Almaty"}}}),
        (TIMED, ("--from", "2024-07-08"),
         {"dates": {"first_date": "2024-07-08", "last_date": "2024-07-08", "time_zone": "Asia/Almaty"}}),
        ({"dates": {"first_date": "2024-07-02", "last_date": "2024-07-02"}}, ("--from", "2024-07-05"),
         {"dates": {"first_date": "2024-07-05", "last_date": "2024-07-05"}}),
        ({"dates": {"first_date": "2024-07-02", "open_end": True}}, ("--from", "2024-07-05"),
         {"dates": {"first_date": "2024-07-05", "open_end": True}}),
        (DATES, ("--to", "open"), days("Asia/Almaty", False)),
        (DATES, ("--time", "2024-07-04T10:00/12:30"),
         {"timed": {end: {"civil_time": civil, "time_zone": "Asia/Almaty"}
                    for end, civil in zip(("start", "end"), POINTS, strict=True)}}),
        (TIMED, ("--time", "2024-08[Europe/Paris]"), {"partial": {"edtf": "2024-08", "time_zone": "Europe/Paris"}}),
        (TIMED, ("--time", "2024-07-04T10:00+05:00"),
         {"timed": {"start": {"civil_time": POINTS[0], "utc_offset": "+05:00"}}}),
        (TIMED, ("--time", "2024-10-27T02:30", "--zone", "Europe/Paris", "--choose", "later"),
         {"timed": {"start": {"civil_time": "2024-10-27T02:30", "time_zone": "Europe/Paris",
                              "disambiguation": "DISAMBIGUATION_LATER"}}}),
        (days("Asia/Almaty", False), ("--to", "2024-07-04"), DATES),
        (TIMED, ("--from", "..", "--to", "2024-07-08"),
         {"dates": {"last_date": "2024-07-08", "open_start": True, "time_zone": "Asia/Almaty"}}),
        (TIMED, ("--partial", "2024-08"), {"partial": {"edtf": "2024-08", "time_zone": "Asia/Almaty"}}),
        (TIMED, ("--zone", "Europe/Paris"), points("Europe/Paris", "Europe/Paris", True)),
        (DATES, ("--zone", "Europe/Paris"), days("Europe/Paris", True)),
        ({"timed": {"start": {"civil_time": POINTS[0], "utc_offset": "+05:00"}}}, ("--end", POINTS[1]),
         {"timed": {"start": {"civil_time": POINTS[0], "utc_offset": "+05:00"},
                    "end": {"civil_time": POINTS[1], "utc_offset": "+05:00"}}}),
        ({"timed": {"start": {"instant": {"seconds": 1_720_069_200}, "time_zone": "Asia/Almaty"}}},
         ("--start", POINTS[1]),
         {"timed": {"start": {"civil_time": POINTS[1], "time_zone": "Asia/Almaty"}}}),
    ],
    ids=["days-to-hours", "hours-to-days", "a-day-moves", "open-end-stays", "end-opens", "text-in-the-zone", "text-with-a-zone", "text-with-an-offset", "text-and-choice",
         "open-end-closes", "open-start", "hours-to-month", "zone-of-hours", "zone-of-days",
         "end-by-offset", "instant-by-clock"],
)  # fmt: skip
def test_form_of_a_time_changes_by_the_flag_that_begins_it(
    server: tuple[str, Client], time: Json, flags: tuple[str, ...], expected: Json
) -> None:
    address, client = server
    record = stored(client, "meetings", {"time": time})
    code, output = run(address, "meetings", "update", record.name, *flags)
    assert code == 0, output
    assert plain(client.get(record.name))["time"] == expected


@pytest.mark.parametrize(
    ("time", "flags", "message"),
    [
        (TIMED, ("--to", "2024-07-09"), "the record has hours: give --from too"),
        (DATES, ("--end", POINTS[1]), "the record has whole days: give --start too"),
        (TIMED, ("--time", "soon"), "--time: 'soon' is not a partial date"),
        (
            TIMED,
            ("--time", "2024-07-09", "--from", "2024-07-08"),
            "give one of --time, --start/--end",
        ),
        (DATES, ("--choose", "earlier"), "--choose is for --start and --end"),
        (TIMED, ("--clear", "start"), "--clear time to remove the whole time"),
        (TIMED, ("--title", "en="), "'en=' is an empty text: write one, or remove it by --clear"),
        (TIMED, ("--summary", " "), "' ' is an empty text"),
        (TIMED, ("--venue", "fr="), "'fr=' is an empty text"),
        (TIMED, ("--clear", "tilte"), "--clear tilte: there is no such field; use one of title"),
        (TIMED, ("--clear", "ical_uid"), "--clear ical_uid: there is no such field"),
        (TIMED, ("--clear", "resolved"), "--clear resolved: there is no such field"),
        (TIMED, ("--clear", "labels=desk"), "--clear labels=desk: there is no such field"),
        (TIMED, ("--mask", "titles", "--title", "x", "--clear", "time"), "leave out --clear"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, tuple) else "",
)
def test_refused_flags_change_nothing(
    server: tuple[str, Client], time: Json, flags: tuple[str, ...], message: str
) -> None:
    address, client = server
    record = stored(client, "meetings", {"time": time})
    code, text = run(address, "meetings", "update", record.name, *flags)
    assert (code, text.count("\n")) == (2, 1)
    assert message in text
    assert client.get(record.name) == record


def test_words_of_a_source_for_the_former_value_are_kept_and_told(
    server: tuple[str, Client],
) -> None:
    address, client = server
    record = stored(client, "meetings", FULL["meetings"])
    code, text = run(address, "meetings", "update", record.name, "--status", "in-progress")
    assert (code, text) == (
        0,
        "summitry: status_text still says 'as written'; --clear status_text removes it\n",
    )
    assert client.get(record.name).status_text == "as written"


@pytest.mark.parametrize(("flags", "visibility"), [(("--secret",), 2), (("--internal",), 2)])
def test_secret_does_not_open_a_restricted_feed(
    server: tuple[str, Client], flags: tuple[str, ...], visibility: int
) -> None:
    address, client = server
    for present, expected in ((0, visibility), (1, visibility), (3, 3)):
        record = stored(client, "feeds", {"visibility": present})
        assert run(address, "feeds", "update", record.name, *flags)[0] == 0
        assert client.get(record.name).visibility == expected


def test_visibility_flag_opens_a_record(server: tuple[str, Client]) -> None:
    address, client = server
    record = stored(client, "meetings", {"visibility": "VISIBILITY_SECRET"})
    assert run(address, "meetings", "update", record.name, "--visibility", "public")[0] == 0
    assert client.get(record.name).visibility == 1


def test_clear_secret_opens_a_feed(server: tuple[str, Client]) -> None:
    address, client = server
    record = stored(client, "feeds", {"visibility": "VISIBILITY_INTERNAL"})
    assert run(address, "feeds", "update", record.name, "--clear", "secret")[0] == 0
    assert client.get(record.name).visibility == 1


def test_edit_is_made_again_on_a_version_written_meanwhile(
    server: tuple[str, Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    address, client = server
    record = stored(client, "meetings", FULL["meetings"])
    update = Client.update
    labels = iter(["one", "two"])

    def race(self: Client, *args: Any, **keywords: Any) -> Any:
        if label := next(labels, ""):
            update(client, type(record)(name=record.name, labels={"other": label}))
        return update(self, *args, **keywords)

    monkeypatch.setattr(Client, "update", race)
    code, output = run(address, "meetings", "update", record.name, "--title", "en=X")
    assert (code, output) == (0, "")
    after = client.get(record.name)
    assert [title.text for title in after.titles] == ["X", "B"]
    assert after.labels == {"other": "two"}


def test_given_etag_is_not_tried_again(server: tuple[str, Client]) -> None:
    address, client = server
    record = stored(client, "meetings", FULL["meetings"])
    client.update(type(record)(name=record.name, kind_text="newer"))
    argv = ("meetings", "update", record.name, "--etag", record.etag)
    for flags in (("--title", "en=X"), ("--title", "en=A")):  # the second would change nothing
        code, output = run(address, *argv, *flags)
        assert code == 5, output
        assert "has changed" in output
    with pytest.raises(AbortedError):
        client.update(record)


def test_move_to_another_venue_keeps_town_and_country(server: tuple[str, Client]) -> None:
    address, client = server
    record = stored(client, "meetings", FULL["meetings"])
    before = plain(record)["places"]
    assert run(address, "move", record.name, "--venue", "Hall 2")[0] == 0
    assert plain(client.get(record.name))["places"] == [
        {**before[0], "venues": [{"text": "Hall 2"}]},
        before[1],
    ]


def test_country_of_a_delegation_is_its_party(desk: Any, cli: Any) -> None:
    outcome = cli("delegations", "create", "--calendar", "desk", "--id", "d", "--country", "fra")
    assert outcome.code == 0, outcome.err
    delegation = cli("delegations", "get", "desk/d", "--output", "json").json
    assert delegation["party"] == {"kind": "PARTY_KIND_STATE", "region_code": "FR"}
    edited = cli("delegations", "update", "desk/d", "--country", "DE")
    assert edited.code == 0, edited.err
    delegation = cli("delegations", "get", "desk/d", "--output", "json").json
    assert delegation["party"]["region_code"] == "FR", "who sends it stays; its place is another"
