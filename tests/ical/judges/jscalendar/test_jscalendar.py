"""JSCalendar (RFC 8984): valid, at the same times as the iCalendar file, in all languages."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from summitry import Client, export_calendar
from summitry.ical.jscalendar import duration, render_jscalendar
from summitry.time import resolve
from summitry.v1.event_status_pb2 import EventStatus
from summitry.v1.record_pb2 import Visibility

Judge = Callable[[Any], list[str]]
Path = tuple[str | int, ...]


def render_group(desk: Any, **choices: str) -> dict[str, Any]:
    group: dict[str, Any] = json.loads(render_jscalendar(desk.calendar, desk.records, **choices))
    return group


def events(group: Any) -> dict[str, Any]:
    events_by_uid = {event["uid"].partition("@")[0]: event for event in group["entries"]}
    assert len(events_by_uid) == len(group["entries"])
    return events_by_uid


@pytest.fixture(scope="session")
def group(desk: Any) -> dict[str, Any]:
    return render_group(desk)


def length(text: str) -> timedelta:
    days, hours, minutes, seconds = (
        int(match[1]) if (match := re.search(rf"(\d+){unit}", text)) else 0 for unit in "DHMS"
    )
    return timedelta(days, hours=hours, minutes=minutes, seconds=seconds)


def moments(event: Any) -> tuple[Any, Any]:
    """Return start and end as a reader computes them: days, or epoch seconds."""
    start, duration = datetime.fromisoformat(event["start"]), length(event.get("duration", ""))
    if event.get("showWithoutTime"):
        assert event["timeZone"] is None
        return str(start.date()), str((start + duration).date())
    instant = int(start.replace(tzinfo=ZoneInfo(event["timeZone"])).timestamp())
    return instant, instant + int(duration.total_seconds())


def assert_times(group: Any, facts: Any) -> None:
    times = {event["uid"]: moments(event) for event in group["entries"]}
    assert times.keys() == facts.keys()
    for uid, (start, end) in facts.items():
        assert times[uid][0] == start
        assert end is None or times[uid][1] == end


CHOICES = (
    {},
    {"language": "fr", "partial": "span"},
    {"times": "local", "cancelled": "mark"},
    {"times": "utc", "cancelled": "omit", "language": "zh-TW"},
    {"language": "kk"},
)


@pytest.mark.parametrize("choices", CHOICES, ids=str)
def test_calendar_of_the_tests_is_valid(desk: Any, judge: Judge, choices: dict[str, str]) -> None:
    assert judge(render_group(desk, **choices)) == []


@pytest.mark.parametrize("language", ["en", "fr", "ar"])
def test_sample_calendar_is_valid_with_its_times(sample: Any, judge: Judge, language: str) -> None:
    with Client(sample.grpc) as client:
        data = export_calendar(
            client, "calendars/astana-2024", language=language, format="jscalendar"
        )
    group = json.loads(data)
    assert judge(group) == []
    assert_times(group, sample.feed("astana-2024").facts)
    assert {tag for event in group["entries"] for tag in event.get("localizations", ())}


@pytest.mark.parametrize("calendar", ["summits", "us-visits"])
def test_shared_data_is_valid_with_its_times(loaded: Any, judge: Judge, calendar: str) -> None:
    with Client(loaded.grpc) as client:
        group = json.loads(export_calendar(client, f"calendars/{calendar}", format="jscalendar"))
    assert judge(group) == []
    assert_times(group, loaded.feed({"us-visits": "us-visits/all"}.get(calendar, calendar)).facts)


SUMMIT, CALL = 4, 1  # their places among the entries
FAULTS: dict[str, tuple[Path, Any]] = {
    "no-uid": (("entries", 0, "uid"), None),
    "no-update": (("updated",), None),
    "stamp-without-z": (("updated",), "2024-07-02T06:00:00"),
    "fraction-of-zero": (("updated",), "2024-07-02T06:00:00.0Z"),
    "start-in-utc": (("entries", 0, "start"), "1962-07-04T14:00:00Z"),
    "no-such-day": (("entries", 0, "start"), "2023-02-29T14:00:00"),
    "no-such-zone": (("entries", 0, "timeZone"), "Asia/Astana"),
    "duration-skips-minutes": (("entries", 0, "duration"), "PT1H30S"),
    "duration-below-zero": (("entries", 0, "duration"), "-PT1H"),
    "status-in-capitals": (("entries", 0, "status"), "CONFIRMED"),
    "sequence-as-text": (("entries", 0, "sequence"), "0"),
    "set-of-false": (("entries", 0, "keywords", "Meeting"), False),
    "unknown-property": (("entries", 0, "summary"), "Talks"),
    "location-of-nothing": (("entries", CALL, "locations", "end", "timeZone"), None),
    "no-roles": (("entries", SUMMIT, "participants", "*", "roles"), {}),
    "off-the-map": (("entries", SUMMIT, "locations", "*", "coordinates"), "geo:91,0"),
    "link-with-a-blank": (("entries", SUMMIT, "links", "1", "href"), "https://a.example/b c"),
    "bad-id": (("entries", SUMMIT, "links", "a.b"), {"@type": "Link", "href": "https://a.example"}),
    "patch-of-uid": (("entries", SUMMIT, "localizations", "fr", "uid"), "x"),
    "patch-of-nothing": (("entries", SUMMIT, "localizations", "fr", "links/99/title"), "x"),
    "patch-into-a-text": (("entries", SUMMIT, "localizations", "fr", "title/name"), "x"),
    "its-own-language": (("entries", SUMMIT, "localizations", "en"), {}),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_validator_reports_each_fault(group: Any, judge: Judge, name: str) -> None:
    (*path, last), value = FAULTS[name]
    bad = copy.deepcopy(group)
    holder: Any = bad
    for step in path:
        holder = next(iter(holder.values())) if step == "*" else holder[step]
    if value is None:
        del holder[last]
    else:
        holder[last] = value
    assert judge(bad) != []


@pytest.mark.parametrize(
    ("uid", "start", "zone", "duration"),
    [
        ("meetings-plenary", "2024-07-04T10:00:00", "Asia/Almaty", "PT2H30M"),
        ("meetings-call", "2024-07-01T15:00:00", "Europe/Paris", "PT45M"),
        ("meetings-broadcast", "2024-07-03T06:00:00", "Etc/UTC", None),
        ("meetings-called-off", "2024-07-04T16:00:00", "Asia/Almaty", None),
        ("summits-sco-24", "2024-07-03T00:00:00", None, "P2D"),
        ("notices-yellow", "2024-07-02T00:00:00", None, "P1D"),
    ],
)
def test_start_zone_and_duration_equal_those_of_the_record(
    group: Any, uid: str, start: str, zone: str | None, duration: str | None
) -> None:
    event = events(group)[uid]
    start_zone_duration = (event["start"], event["timeZone"], event.get("duration"))
    assert start_zone_duration == (start, zone, duration)
    assert event.get("showWithoutTime", False) is (zone is None)
    assert event["freeBusyStatus"] == ("free" if zone is None else "busy")


def test_end_in_another_zone_is_an_end_location(group: Any) -> None:
    assert events(group)["meetings-call"]["locations"]["end"] == {
        "@type": "Location", "relativeTo": "end", "timeZone": "America/New_York",
    }  # fmt: skip


def test_partial_date_is_rendered_only_as_a_span(desk: Any, group: Any) -> None:
    assert "meetings-beijing" not in events(group)
    event = events(render_group(desk, partial="span"))["meetings-beijing"]
    assert (event["start"], event["duration"]) == ("2023-10-01T00:00:00", "P31D")
    assert event["status"] == "tentative" and event["freeBusyStatus"] == "free"
    assert event["title"] == "Meeting in Beijing (October 2023, day not known)"


@pytest.mark.parametrize(
    ("choice", "status"), [("keep", "cancelled"), ("mark", "confirmed"), ("omit", None)]
)
def test_cancelled_event_follows_the_option(desk: Any, choice: str, status: str | None) -> None:
    event = events(render_group(desk, cancelled=choice)).get("meetings-called-off")
    assert (event and event["status"]) == status
    assert event is None or event["title"] == "[cancelled] Press conference"


def test_summit_has_all_its_properties(group: Any) -> None:
    event = events(group)["summits-sco-24"]
    (place,) = event["locations"].values()
    assert place["coordinates"] == "geo:51.118700,71.472500"
    assert place["timeZone"] == "Asia/Almaty"
    assert [(item["uri"], item["name"]) for item in event["virtualLocations"].values()] == [
        ("https://summit.example/live", "Live: day 1")
    ]
    assert {(item["rel"], item["href"]) for item in event["links"].values()} == {
        ("describedby", "https://summit.example/"),
        ("enclosure", "https://summit.example/d.pdf"),
        ("via", "https://wire.example/a?b=1,2;c=%C3%A9"),
    }
    assert event["sequence"] == 2 and event["keywords"] == {"Summit": True}
    assert [item["name"] for item in event["participants"].values()] == [
        "Xi Jinping", "Second Member", "Third Member", "Fourth Member",
        "An organisation, observing",
    ]  # fmt: skip


def test_person_of_summit_and_delegation_is_one_participant(make: Any, judge: Judge) -> None:
    people = [
        {"person": {"id": id_, "source_text": text}}
        for id_, text in (("a", "A"), ("", "B"), ("", "B"))
    ]
    summit = make("summits/s", participants=people, time={"dates": {"first_date": "2024-07-03"}})
    delegation = make("delegations/d", engagements=[{"event": summit.name}])
    delegation.members.add(role_text="head").person.CopyFrom(summit.participants[0].person)
    group = json.loads(render_jscalendar(make("calendars/c"), [summit, delegation]))
    assert judge(group) == []
    participants = group["entries"][0]["participants"].values()
    assert [(participant["name"], participant.get("description")) for participant in participants] == [
        ("A", "head"), ("B", None), ("B", None),
    ]  # fmt: skip


def test_part_of_a_summit_is_related_to_it(group: Any) -> None:
    assert events(group)["meetings-plenary"]["relatedTo"] == {
        "summits-sco-24@example.org": {"@type": "Relation", "relation": {"parent": True}}
    }


def test_visit_is_related_to_its_summit_as_no_part_of_it(make: Any, judge: Judge) -> None:
    time = {"dates": {"first_date": "2024-07-03"}}
    summit = make("summits/s", time=time)
    visit = make("visits/v", time=time, summit=summit.name)
    group = json.loads(render_jscalendar(make("calendars/c"), [summit, visit]))
    assert judge(group) == []
    assert events(group)["visits-v"]["relatedTo"] == {
        "summits-s@example.org": {"@type": "Relation", "relation": {}}
    }


@pytest.mark.parametrize(
    ("visibility", "privacy"),
    [("PUBLIC", "public"), ("INTERNAL", "private"), ("RESTRICTED", "secret")],
)
def test_visibility_sets_privacy(make: Any, visibility: str, privacy: str) -> None:
    meeting = make("meetings/m", time={"dates": {"first_date": "2024-07-03"}})
    meeting.visibility = Visibility.Value(f"VISIBILITY_{visibility}")
    (event,) = json.loads(render_jscalendar(make("calendars/c"), [meeting]))["entries"]
    assert event["privacy"] == privacy


def test_participants_have_roles_and_participation_statuses(make: Any, judge: Judge) -> None:
    kazakhstan = {"id": "kazakhstan", "names": [{"text": "Kazakhstan", "language_code": "en"}]}
    people = [
        {"party": kazakhstan, "status": "PARTICIPATION_STATUS_CONFIRMED"},
        {"person": {"id": "a", "source_text": "A"}, "status": "PARTICIPATION_STATUS_DECLINED"},
        {"person": {"id": "b", "source_text": "B"}, "status": "PARTICIPATION_STATUS_ABSENT"},
        {"person": {"id": "c"}},
        {"party": {"kind": "PARTY_KIND_STATE"}},
    ]
    time = {"dates": {"first_date": "2024-07-03", "last_date": "2024-07-04"}}
    for chair, names in ((kazakhstan, []), ({"source_text": "The host"}, ["The host"])):
        summit = make("summits/s", participants=people, chair=chair, time=time)
        group = json.loads(render_jscalendar(make("calendars/c"), [summit]))
        assert judge(group) == []
        participants = list(group["entries"][0]["participants"].values())
        assert [participant["name"] for participant in participants] == [
            "Kazakhstan",
            "A",
            "B",
            "c",
            *names,
        ]
        assert [participant.get("participationStatus") for participant in participants[:3]] == [
            "accepted", "declined", None,
        ]  # fmt: skip
        assert [
            participant["name"] for participant in participants if "chair" in participant["roles"]
        ] == (names or ["Kazakhstan"])


def test_event_that_cannot_be_rendered_is_reported(desk: Any, make: Any) -> None:
    broken = make("meetings/broken", time={"timed": {"start": {"instant": "2024-07-03T10:00:00Z"}}})
    broken.time.ClearField("resolved")
    failed_records: list[Any] = []
    data = render_jscalendar(
        desk.calendar,
        [*desk.records, broken],
        on_error=lambda record, error: failed_records.append(record),
    )
    assert failed_records == [broken]
    assert data == render_jscalendar(desk.calendar, desk.records)
    with pytest.raises(ValueError, match="resolved"):
        render_jscalendar(desk.calendar, [broken])


def test_postponed_event_is_tentative_and_free(make: Any, db: Any) -> None:
    time = {"timed": {"start": {"civil_time": "2024-07-04T14:00", "time_zone": "Asia/Almaty"}}}
    meeting = make("meetings/m", previous_times=[{"time": time}])
    meeting.status = EventStatus.EVENT_STATUS_POSTPONED
    resolve(meeting.previous_times[0].time, db)
    (event,) = json.loads(render_jscalendar(make("calendars/c"), [meeting]))["entries"]
    assert (event["freeBusyStatus"], event["status"]) == ("free", "tentative")


def apply_patch(event: Any, patch: dict[str, Any]) -> Any:
    """Apply a localization to an event by the rules of section 1.4.9."""
    result = copy.deepcopy(event)
    for pointer, value in patch.items():
        holder, (*parents, last) = result, pointer.split("/")
        for parent in parents:
            holder = holder[parent]
        if value is None:
            holder.pop(last, None)
        else:
            holder[last] = value
    return result


TEXTS = ("title", "description", "locations", "participants", "links", "virtualLocations")


def test_localization_equals_the_event_rendered_in_that_language(desk: Any, group: Any) -> None:
    french = events(render_group(desk, language="fr"))
    count = 0
    for uid, event in events(group).items():
        for tag, patch in event.get("localizations", {}).items():
            result = apply_patch(event, patch)
            assert tag == "fr"
            assert [result.get(key) for key in TEXTS] == [french[uid].get(key) for key in TEXTS]
            count += 1
    assert count == 3


@pytest.mark.parametrize(
    ("language", "locale", "other_tags"),
    [("fr", "fr", {"kk", "zh-Hant", "en"}), ("kk", "kk", {"fr", "zh-Hant", "en"}),
     ("zh-TW", "zh-Hant", {"fr", "kk", "en"}), ("es", "es", {"fr", "kk", "zh-Hant", "en"})],
)  # fmt: skip
def test_locale_is_the_best_match_and_other_titles_are_localizations(
    make: Any, judge: Judge, language: str, locale: str, other_tags: set[str]
) -> None:
    tags = ("en", "fr", "kk", "zh-Hant", "", "not a tag")
    titles = [{"text": f"Title {tag}", "language_code": tag} for tag in tags]
    meeting = make("meetings/m", titles=titles, time={"dates": {"first_date": "2024-07-03"}})
    group = json.loads(render_jscalendar(make("calendars/c"), [meeting], language=language))
    (event,) = group["entries"]
    assert judge(group) == []
    assert event["locale"] == locale
    assert event["localizations"].keys() - {"en"} == other_tags - {"en"}
    assert event["localizations"].get("fr", event)["title"] == "Title fr"


@given(st.integers(1, 10**7))
def test_duration_text_has_the_same_seconds(seconds: int) -> None:
    text = duration(seconds)
    assert length(text).total_seconds() == seconds
    assert re.fullmatch(r"PT(\d+H(\d+M(\d+S)?)?|\d+M(\d+S)?|\d+S)", text)


ANYTHING = st.text(
    st.one_of(st.sampled_from('\\/~;,:"^\n\t nN'), st.characters(exclude_categories=["Cs"])),
    max_size=20,
)


@given(texts=st.dictionaries(st.sampled_from(["en", "fr", "ar", "de"]), ANYTHING), more=ANYTHING)
def test_any_text_renders_a_valid_object(
    make: Any, judge: Judge, texts: dict[str, str], more: str
) -> None:
    localized = [{"text": text, "language_code": tag} for tag, text in texts.items()]
    meeting = make("meetings/m", ical_uid=f"m{more}", titles=localized, summaries=localized)
    meeting.time.dates.first_date = "0044-03-15"
    meeting.places.add(source_text=more).localities.extend(meeting.titles)
    meeting.participants.add().person.names.extend(meeting.titles)
    meeting.links.add(url=f"https://a.example/{more}", label=more, relation="LINK_RELATION_ABOUT")
    meeting.sources.add(id="s", url=f"https://a.example/{more}", title=more)
    for language in ("en", "fr"):
        data = render_jscalendar(make("calendars/c"), [meeting], language=language)
        assert judge(json.loads(data)) == []
