"""The mapping of a record to the properties of its event, as icalendar reads it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import icalendar
import pytest
from google.protobuf.internal.enum_type_wrapper import EnumTypeWrapper

from summitry.ical import render_calendar
from summitry.ical.facts import say_money
from summitry.ical.languages import enum_word
from summitry.ical.mapping import CLASSES
from summitry.locale import LANGUAGES
from summitry.time import resolve
from summitry.v1.event_status_pb2 import EventFormat
from summitry.v1.meeting_pb2 import MeetingKind
from summitry.v1.notice_pb2 import NoticeKind
from summitry.v1.outcome_pb2 import OutcomeKind
from summitry.v1.participant_pb2 import DelegationRole
from summitry.v1.party_pb2 import Level, PartyStatus
from summitry.v1.record_pb2 import Visibility
from summitry.v1.visit_pb2 import VisitKind
from summitry.zones import TzDb

Events = dict[str, icalendar.Event]
DAY = {"dates": {"first_date": "2024-07-03", "last_date": "2024-07-03"}}


@pytest.fixture
def rich(desk: Any, events: Any) -> Events:
    events_by_uid: Events = events(render_calendar(desk.calendar, desk.records, profile="rich"))
    return events_by_uid


@pytest.fixture
def render_event(make: Any, events: Any) -> Any:
    """Return a function that renders one record and reads its event."""

    def render(path: str, facts: dict[str, Any], **options: str) -> icalendar.Event:
        record = make(path, {"time": DAY, **facts})
        (event,) = events(render_calendar(make("calendars/c"), [record], **options)).values()
        return event  # type: ignore[no-any-return]

    return render


def test_header_has_the_properties_of_the_calendar(desk: Any, read: Any) -> None:
    calendar = read(render_calendar(desk.calendar, desk.records, language="fr"))
    plain = {name: str(calendar[name]) for name in ("PRODID", "VERSION", "METHOD", "CALSCALE")}
    assert plain == {
        "PRODID": "-//Summitry//Summitry//EN",
        "VERSION": "2.0",
        "METHOD": "PUBLISH",
        "CALSCALE": "GREGORIAN",
    }
    assert calendar["DESCRIPTION"] == "The summit; and what surrounds it"
    # Text too, but icalendar does not decode it.
    assert calendar["NAME"] == calendar["X-WR-CALNAME"] == "Astana\\, juillet 2024"
    assert calendar["X-WR-CALDESC"] == "The summit\\; and what surrounds it"
    assert calendar["REFRESH-INTERVAL"].params["VALUE"] == "DURATION"
    assert calendar["LAST-MODIFIED"].dt == datetime(2024, 7, 2, 6, tzinfo=UTC)


def test_timestamps_equal_those_of_the_record(rich: Events) -> None:
    event = rich["summits-sco-24@example.org"]
    assert event["DTSTAMP"].dt == event["LAST-MODIFIED"].dt == datetime(2024, 7, 2, 6, tzinfo=UTC)
    assert event["CREATED"].dt == datetime(2024, 7, 1, 2, 13, 20, tzinfo=UTC)
    assert event["SEQUENCE"] == 2


def test_newer_delegation_updates_last_modified(desk: Any, events: Any, make: Any) -> None:
    newer = make(
        "delegations/new",
        engagements=[{"event": "calendars/astana-2024/summits/sco-24"}],
        party={"source_text": "Newcomer"},
        update_time="2024-07-03T06:00:00Z",
    )
    events_by_uid = events(render_calendar(desk.calendar, [*desk.records, newer]))
    event = events_by_uid["summits-sco-24@example.org"]
    assert event["LAST-MODIFIED"].dt == datetime(2024, 7, 3, 6, tzinfo=UTC)
    assert "- Newcomer" in event["DESCRIPTION"]
    assert events_by_uid["meetings-call@example.org"]["LAST-MODIFIED"].dt.day == 2


def test_summit_has_all_its_properties(rich: Events) -> None:
    event = rich["summits-sco-24@example.org"]
    assert event["DTSTART"].dt == date(2024, 7, 3)
    assert event["DTEND"].dt == date(2024, 7, 5)
    assert event["TRANSP"] == "TRANSPARENT"
    assert event["X-MICROSOFT-CDO-BUSYSTATUS"] == "FREE"
    assert event["STATUS"] == "CONFIRMED"
    assert event["LOCATION"] == "Palace of Independence, Astana, KZ"
    assert (event["GEO"].latitude, event["GEO"].longitude) == (51.1187, 71.4725)
    assert event["URL"] == "https://summit.example/"
    assert event["CONFERENCE"].params["LABEL"] == "Live: day 1"
    assert event["ATTACH"] == "https://summit.example/d.pdf"
    assert event["CATEGORIES"].cats == ["Summit"]
    assert str(event["ORGANIZER"]).startswith("urn:uuid:")
    assert "ATTENDEE" not in event


@pytest.mark.parametrize(
    "line",
    [
        "The heads of state meet in Astana.",
        "Dates: 3 July 2024 to 4 July 2024",
        "Level: heads of state",
        "According to A wire, Ltd: 4 July 2024 (the day of the session)",
        "According to An almanac: edition 23",
        "- China (member): Xi Jinping (President); Second Member; Third Member; and 1 more",
        "- An organisation, observing (observer)",
        "- 17 agreements, 629 M USD",
        'Source: A wire, Ltd, The "summit"; day by day, 2024-07-03T07:00+01:00 '
        "https://wire.example/a?b=1,2;c=é",
    ],
)
def test_description_contains_the_line(rich: Events, line: str) -> None:
    assert line in str(rich["summits-sco-24@example.org"]["DESCRIPTION"]).splitlines()


def test_equal_claims_appear_once(rich: Events) -> None:
    text = str(rich["summits-sco-24@example.org"]["DESCRIPTION"])
    assert text.count("According to An almanac") == 1


def test_source_is_a_via_link(rich: Events) -> None:
    link = rich["summits-sco-24@example.org"]["LINK"]
    assert link == "https://wire.example/a?b=1,2;c=%C3%A9"
    assert link.params["LINKREL"] == "via"
    assert link.params["LABEL"] == 'A wire, Ltd, The "summit"; day by day'


def test_delegation_members_are_participants(rich: Events) -> None:
    people = [
        part
        for part in rich["summits-sco-24@example.org"].subcomponents
        if part.name == "PARTICIPANT"
    ]
    assert [str(part["SUMMARY"]) for part in people] == [
        "Xi Jinping",
        "Second Member",
        "Third Member",
        "Fourth Member",
        "An organisation, observing",
    ]
    assert str(people[0]["DESCRIPTION"]) == "President, head of delegation, China"
    assert {str(part["PARTICIPANT-TYPE"]) for part in people} == {"ACTIVE"}
    assert len({str(part["UID"]) for part in people}) == 5


def test_child_is_related_to_its_parent(rich: Events) -> None:
    for uid in ("meetings-plenary@example.org", "notices-yellow@example.org"):
        related = rich[uid]["RELATED-TO"]
        assert (str(related), related.params["RELTYPE"]) == ("summits-sco-24@example.org", "PARENT")


def visit_for(desk: Any, make: Any, profile: str) -> bytes:
    """Return a file with a summit and a visit that is made for it."""
    summit = next(record for record in desk.records if record.name.endswith("summits/sco-24"))
    dates = {"first_date": "2024-07-02", "last_date": "2024-07-06"}
    visit = make("visits/xi", summit=summit.name, time={"dates": dates})
    return render_calendar(desk.calendar, [summit, visit], profile=profile)


def test_visit_is_a_sibling_of_its_summit_in_the_rich_profile(
    desk: Any, make: Any, events: Any
) -> None:
    related = events(visit_for(desk, make, "rich"))["visits-xi@example.org"]["RELATED-TO"]
    assert (str(related), related.params["RELTYPE"]) == ("summits-sco-24@example.org", "SIBLING")
    assert b"RELATED-TO" not in visit_for(desk, make, "core")


CLAIMS: dict[str, tuple[str, dict[str, Any], str]] = {
    "another town": (
        "places", {"place": {"localities": [{"text": "Almaty"}]}}, "According to A wire: Almaty",
    ),
    "the same town": ("places", {"place": {"localities": [{"text": "Astana"}]}}, ""),
    "another host": ("hosts", {"party": {"names": [{"text": "China"}]}}, "According to A wire: China"),
    "the same host": ("hosts", {"party": {"names": [{"text": "Kazakhstan"}]}}, ""),
    "another guest": (
        "participants", {"person": {"names": [{"text": "Modi"}]}}, "According to A wire: Modi",
    ),
    "the same guest": ("participants", {"person": {"names": [{"text": "Xi"}]}}, ""),
    "another status": ("status", {"status": "EVENT_STATUS_CANCELLED"}, "According to A wire: cancelled"),
    "the same status": ("status", {"status": "EVENT_STATUS_CONFIRMED"}, ""),
}  # fmt: skip


@pytest.mark.parametrize("case", CLAIMS)
def test_claim_is_described_where_it_differs_from_the_record(render_event: Any, case: str) -> None:
    path, value, expected = CLAIMS[case]
    facts = {
        "places": [{"localities": [{"text": "Astana"}]}],
        "hosts": [{"names": [{"text": "Kazakhstan"}]}],
        "participants": [{"person": {"names": [{"text": "Xi"}]}}],
        "status": "EVENT_STATUS_CONFIRMED",
        "sources": [{"id": "wire", "publisher": "A wire"}],
        "claims": [{"source_id": "wire", "field_path": path, **value}],
    }
    lines = str(render_event("summits/s", facts)["DESCRIPTION"]).splitlines()
    assert [line for line in lines if line.startswith("According to")] == (
        [expected] if expected else []
    )


SOURCE_WORDS: dict[str, tuple[str, dict[str, Any], str]] = {
    "a kind of meeting": (
        "meetings/m", {"kind": "MEETING_KIND_OTHER", "kind_text": "toast"}, "Kind: toast",
    ),
    "a kind of meeting without a word": (
        "meetings/m", {"kind": "MEETING_KIND_OTHER"}, "Kind: other meeting",
    ),
    "a level": (
        "summits/s", {"level": "LEVEL_OTHER", "level_text": "regents"}, "Level: regents",
    ),
    "a part of a visit": (
        "visits/v",
        {"segments": [{"kind": "VISIT_KIND_OTHER", "kind_text": "pilgrimage"}]}, "Kind: pilgrimage",
    ),
    "a format of a meeting": (
        "meetings/m", {"format": "EVENT_FORMAT_VIRTUAL"}, "Format: by video",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", SOURCE_WORDS)
def test_word_of_the_source_stands_for_what_the_list_lacks(render_event: Any, case: str) -> None:
    path, facts, line = SOURCE_WORDS[case]
    assert line in str(render_event(path, facts)["DESCRIPTION"]).splitlines()


def test_parent_left_out_of_the_file_is_not_referenced(desk: Any, events: Any) -> None:
    children = [record for record in desk.records if "summits/" not in record.name]
    events_by_uid = events(render_calendar(desk.calendar, children))
    assert "RELATED-TO" not in events_by_uid["meetings-plenary@example.org"]


def test_core_profile_has_neither_links_nor_participants(desk: Any) -> None:
    data = render_calendar(desk.calendar, desk.records, profile="core")
    assert b"\r\nLINK" not in data and b"PARTICIPANT" not in data
    assert b"RELATED-TO" in data and b"LOCATION;" in data


def test_core_profile_nests_no_component_in_an_event(desk: Any, events: Any) -> None:
    """ts-ics takes the UID of a nested component for the event's, and Ruby's parser raises."""
    core = events(render_calendar(desk.calendar, desk.records, profile="core"))
    assert core and not [uid for uid, event in core.items() if event.subcomponents]
    rich = events(render_calendar(desk.calendar, desk.records, profile="rich"))
    assert {part.name for event in rich.values() for part in event.subcomponents} == {
        "VLOCATION",
        "PARTICIPANT",
    }


@pytest.mark.parametrize("length", [10, 5000], ids=["kept", "too-long-to-keep"])
def test_place_names_of_any_length_are_complete(render_event: Any, length: int) -> None:
    venue, point = "é" * length, {"latitude": 51.5, "longitude": -0.125}
    places = [{"venues": [{"text": venue}]}, {"source_text": "Town", "position": point}]
    event = render_event("summits/s", {"places": places}, profile="rich")
    assert event["LOCATION"] == f"{venue} / Town"
    assert (event["GEO"].latitude, event["GEO"].longitude) == (51.5, -0.125)
    assert [str(part["NAME"]) for part in event.subcomponents] == [venue, "Town"]


def test_visit_has_its_kinds_and_guests(rich: Events) -> None:
    event = rich["visits-xi-kazakhstan@example.org"]
    assert event["CATEGORIES"].cats == [
        "Visit",
        "State visit",
        "Attendance at a multilateral meeting",
    ]
    text = str(event["DESCRIPTION"]).splitlines()
    assert "Guest: China" in text and "- Xi Jinping (President), China" in text
    assert "- 1 joint statement" in text


def test_notice_has_its_level_and_measures(rich: Events) -> None:
    event = rich["notices-yellow@example.org"]
    assert event["LOCATION"] == "Astana, KZ / Almaty, KZ"
    text = str(event["DESCRIPTION"]).splitlines()
    assert "Level: yellow (KZ terrorist threat level)" in text
    assert "- checks of documents (Astana)" in text


def test_illustrative_hour_is_marked(rich: Events) -> None:
    event = rich["meetings-plenary@example.org"]
    assert event["SUMMARY"] == "Plenary (illustrative hour)"
    assert "The hour is an example of ours; no source gives one." in event["DESCRIPTION"]


def test_title_that_mentions_an_example_hour_is_not_marked_again(render_event: Any) -> None:
    facts = {"titles": [{"text": "Séance (heure donnée à titre d\u2019exemple)"}]}
    event = render_event("meetings/m", {**facts, "illustrative": True}, language="fr")
    assert event["SUMMARY"] == facts["titles"][0]["text"]


def test_french_calendar_falls_back_to_other_titles(desk: Any, events: Any) -> None:
    events_by_uid = events(
        render_calendar(desk.calendar, desk.records, language="fr", partial="span")
    )
    called_off = events_by_uid["meetings-called-off@example.org"]
    assert called_off["SUMMARY"] == "[annulé] Conférence de presse"
    assert called_off["SUMMARY"].params["LANGUAGE"] == "fr"
    assert called_off["STATUS"] == "CANCELLED"
    beijing = events_by_uid["meetings-beijing@example.org"]
    assert beijing["SUMMARY"] == "Meeting in Beijing (octobre 2023, jour à préciser)"
    assert beijing["SUMMARY"].params["LANGUAGE"] == "en"
    assert beijing["STATUS"] == "TENTATIVE"
    assert (
        events_by_uid["summits-sco-24@example.org"]["LOCATION"]
        == "Palais de l'Indépendance, Astana, KZ"
    )


@pytest.mark.parametrize(
    ("status", "certainty", "expected", "title"),
    [
        ("EVENT_STATUS_UNSPECIFIED", "", None, "T"),
        ("EVENT_STATUS_RUMORED", "", "TENTATIVE", "[rumoured] T"),
        ("EVENT_STATUS_ANNOUNCED", "", "CONFIRMED", "T"),
        ("EVENT_STATUS_ANNOUNCED", "CERTAINTY_MAY_OCCUR", "TENTATIVE", "T"),
        ("EVENT_STATUS_CONFIRMED", "CERTAINTY_MAY_OCCUR", "CONFIRMED", "T"),
        ("EVENT_STATUS_POSTPONED", "", "TENTATIVE", "[postponed] T"),
        ("EVENT_STATUS_CANCELLED", "", "CANCELLED", "[cancelled] T"),
        ("EVENT_STATUS_WITHDRAWN_BY_HOST", "", "CANCELLED", "[withdrawn by the host] T"),
        ("EVENT_STATUS_NOT_HELD", "", "CANCELLED", "[not held] T"),
    ],
)
def test_status_sets_property_and_title(
    render_event: Any, status: str, certainty: str, expected: str | None, title: str
) -> None:
    facts = {"status": status, "titles": [{"text": "T", "language_code": "en"}]}
    event = render_event("summits/s", {**facts, **({"certainty": certainty} if certainty else {})})
    assert (event.get("STATUS"), event["SUMMARY"]) == (expected, title)


def test_cancelled_event_is_left_out_by_omit(desk: Any, events: Any) -> None:
    all_events = events(render_calendar(desk.calendar, desk.records))
    remaining_events = events(render_calendar(desk.calendar, desk.records, cancelled="omit"))
    assert all_events.keys() - remaining_events.keys() == {"meetings-called-off@example.org"}


def test_cancelled_event_is_confirmed_with_a_title_by_mark(render_event: Any) -> None:
    facts = {"status": "EVENT_STATUS_CANCELLED", "titles": [{"text": "T"}]}
    event = render_event("summits/s", facts, cancelled="mark")
    assert (event["STATUS"], event["SUMMARY"]) == ("CONFIRMED", "[cancelled] T")


@pytest.mark.parametrize(
    ("status", "expected"),
    [("EVENT_STATUS_POSTPONED", "TENTATIVE"), ("EVENT_STATUS_CANCELLED", "CANCELLED")],
)
@pytest.mark.parametrize(
    "last",
    [
        {"dates": {"first_date": "2021-11-20", "last_date": "2021-11-21"}},
        {"timed": {"start": {"civil_time": "2021-11-20T10:00", "time_zone": "Africa/Tunis"}}},
    ],
    ids=["days", "hours"],
)
def test_event_without_a_new_time_has_its_last_time(
    make: Any, events: Any, db: TzDb, status: str, expected: str, last: dict[str, Any]
) -> None:
    first = {"dates": {"first_date": "2020-12-01", "last_date": "2020-12-02"}}
    previous = [{"time": first}, {"time": last, "reason": "pandemic"}]
    record = make("summits/s", status=status, previous_times=previous)
    for earlier in record.previous_times:
        resolve(earlier.time, db)
    (event,) = events(render_calendar(make("calendars/c"), [record])).values()
    assert str(event["DTSTART"].dt).startswith("2021-11-20")
    assert (event["STATUS"], event["TRANSP"]) == (expected, "TRANSPARENT")
    assert "Dates: date not known" in event["DESCRIPTION"], "it has no time now"
    assert "20 November 2021" in event["DESCRIPTION"] and "(pandemic)" in event["DESCRIPTION"]


JUNE = {"dates": {"first_date": "2027-06-10", "last_date": "2027-06-12"}}
HOURS = {"timed": {"start": {"civil_time": "2027-06-10T10:00", "time_zone": "Asia/Almaty"}}}
AUTUMN = {"partial": {"edtf": "2027-09"}}
RESCHEDULED: dict[str, tuple[list[Any], str, str, str]] = {
    # times before, status, STATUS and beginning of SUMMARY in the file
    "announced": ([JUNE], "ANNOUNCED", "TENTATIVE", "[postponed] T (September 2027"),
    "rumoured": ([JUNE], "RUMORED", "TENTATIVE", "[postponed] T (September 2027"),
    "hours": ([HOURS], "CONFIRMED", "TENTATIVE", "[postponed] T (September 2027"),
    "by-way-of-a-season": ([JUNE, AUTUMN], "CONFIRMED", "TENTATIVE", "[postponed] T (September"),
    "cancelled": ([JUNE], "CANCELLED", "CANCELLED", "[cancelled] T (September 2027"),
    "not-held": ([JUNE, AUTUMN], "NOT_HELD", "CANCELLED", "[not held] T (September 2027"),
}


@pytest.mark.parametrize("profile", ["core", "rich"])
@pytest.mark.parametrize(
    ("previous_times", "status", "expected", "title"), RESCHEDULED.values(), ids=RESCHEDULED
)
def test_event_moved_to_a_month_has_its_last_days(
    make: Any, events: Any, db: TzDb, previous_times: list[Any], status: str, expected: str, title: str,
    profile: str,
) -> None:  # fmt: skip
    facts = {"titles": [{"text": "T"}], "time": AUTUMN, "status": f"EVENT_STATUS_{status}"}
    record = make(
        "summits/s", {**facts, "previous_times": [{"time": time} for time in previous_times]}
    )
    for previous in record.previous_times:
        resolve(previous.time, db)
    (event,) = events(render_calendar(make("calendars/c"), [record], profile=profile)).values()
    assert str(event["DTSTART"].dt).startswith("2027-06-10")
    assert (event["STATUS"], event["TRANSP"]) == (expected, "TRANSPARENT")
    assert event["SUMMARY"].startswith(title)
    assert "September 2027" in event["DESCRIPTION"] and "10" in event["DESCRIPTION"]
    (span_event,) = events(
        render_calendar(make("calendars/c"), [record], profile=profile, partial="span")
    ).values()
    assert str(span_event["DTSTART"].dt) == "2027-09-01", "where it can be"
    assert "postponed" not in span_event["SUMMARY"]


def test_event_with_only_partial_dates_is_left_out(make: Any, read: Any) -> None:
    record = make(
        "summits/s", time=AUTUMN, previous_times=[{"time": {"partial": {"edtf": "2027"}}}]
    )
    assert not read(render_calendar(make("calendars/c"), [record])).walk("VEVENT")


def test_announced_event_without_a_time_is_left_out(make: Any, read: Any) -> None:
    previous = [{"time": {"dates": {"first_date": "2021-11-20", "last_date": "2021-11-20"}}}]
    record = make("summits/s", status="EVENT_STATUS_ANNOUNCED", previous_times=previous)
    assert not read(render_calendar(make("calendars/c"), [record])).walk("VEVENT")


@pytest.mark.parametrize(
    ("visibility", "expected"),
    [("VISIBILITY_INTERNAL", "PRIVATE"), ("VISIBILITY_SECRET", "CONFIDENTIAL")],
)
def test_visibility_sets_class(render_event: Any, visibility: str, expected: str) -> None:
    assert render_event("summits/s", {"visibility": visibility})["CLASS"] == expected


def test_every_visibility_has_a_class() -> None:
    assert set(CLASSES) == set(Visibility.values())


def test_title_of_several_lines_becomes_one_line(render_event: Any) -> None:
    event = render_event("summits/s", {"titles": [{"text": "a\r\nEND:VEVENT\n\tb"}]})
    assert event["SUMMARY"] == "a END:VEVENT b"


def test_event_without_a_title_has_its_id_as_summary(render_event: Any) -> None:
    assert render_event("summits/no-title", {})["SUMMARY"] == "no-title"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "enum",
    [
        MeetingKind,
        VisitKind,
        NoticeKind,
        OutcomeKind,
        Level,
        EventFormat,
        DelegationRole,
        PartyStatus,
    ],
    ids=lambda enum: enum.DESCRIPTOR.name,
)
def test_every_enum_value_has_a_distinct_word(enum: EnumTypeWrapper, language: str) -> None:
    words = [enum_word(language, enum, number) for number in enum.values() if number]
    assert all(words)
    # French says "déclaration" for a statement and for a declaration.
    shared = int(enum is OutcomeKind and language == "fr")
    assert len(set(words)) == len(words) - shared


@pytest.mark.parametrize(
    ("amount", "english", "french"),
    [
        ({"currency_code": "USD", "units": 629_000_000}, "629 M USD", "629 M USD"),
        ({"currency_code": "EUR", "units": 2_000_000_000}, "2 bn EUR", "2 Md EUR"),
        ({"currency_code": "KZT", "units": 1_500_001}, "1500001 KZT", "1500001 KZT"),
        ({"currency_code": "USD", "units": 3, "nanos": 500_000_000}, "3.50 USD", "3,50 USD"),
        ({"currency_code": "USD", "units": 629_100_000}, "629.1 M USD", "629,1 M USD"),
        ({"currency_code": "USD", "units": 2_500_000_000}, "2.5 bn USD", "2,5 Md USD"),
        ({"currency_code": "USD", "units": 1_234_000_000}, "1234 M USD", "1234 M USD"),
        ({"currency_code": "USD", "units": -3, "nanos": -50_000_000}, "-3.05 USD", "-3,05 USD"),
        ({"units": 12}, "12", "12"),
    ],
    ids=["millions", "billions", "units", "cents", "tenth", "half", "many", "debt", "bare"],
)
def test_amount_in_words(make: Any, amount: dict[str, Any], english: str, french: str) -> None:
    record = make("meetings/m", outcomes=[{"amount": amount}])
    (outcome,) = record.outcomes
    assert say_money(outcome.amount, "en") == english
    assert say_money(outcome.amount, "fr") == french


def test_unknown_option_is_rejected(desk: Any) -> None:
    with pytest.raises(ValueError, match="partial must be one of omit, span"):
        render_calendar(desk.calendar, [], partial="maybe")


def test_event_that_fails_raises_or_is_reported(desk: Any, make: Any, events: Any) -> None:
    broken = make("meetings/broken", time={"timed": {"start": {"instant": "2024-07-03T06:00:00Z"}}})
    broken.time.ClearField("resolved")
    with pytest.raises(ValueError, match=r"time\.resolved"):
        render_calendar(desk.calendar, [broken, *desk.records])
    failed: list[str] = []
    data = render_calendar(
        desk.calendar,
        [broken, *desk.records],
        on_error=lambda record, error: failed.append(f"{record.name}: {type(error).__name__}"),
    )
    assert failed == ["calendars/astana-2024/meetings/broken: ValueError"]
    assert len(events(data)) == len(events(render_calendar(desk.calendar, desk.records)))
