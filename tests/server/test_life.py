"""The verbs of life: which fits when, what each does, and what a record keeps of it."""

from __future__ import annotations

from typing import Any

import pytest
from google.protobuf import json_format
from hypothesis import given
from hypothesis import strategies as st

from summitry.kinds import WITH_VERBS
from summitry.statuses import verb_word
from summitry.v1.event_status_pb2 import EventStatus
from summitry.v1.record_pb2 import EventVerb, VerbNote
from summitry.v1.summit_pb2 import Summit
from summitry.zones import default_database
from summitry_server.domain.records.lifecycle import (
    VERBS,
    TransitionRequest,
    apply_verb,
    keep_previous_time,
)
from summitry_server.domain.records.records import prepare
from summitry_server.domain.time.times import Before
from summitry_server.wire.refusals import RefusedError

KIND_IDS = [kind.collection for kind in WITH_VERBS]
ASTANA = {"localities": [{"text": "Astana"}], "region_code": "KZ"}
DUSHANBE = {"localities": [{"text": "Dushanbe"}], "region_code": "TJ"}
VERB_NAMES = ("confirm", "postpone", "reschedule", "move", "cancel", "reinstate")

# By status, the status after each of VERB_NAMES; None: it does not fit.
AFTER = {
    "UNSPECIFIED": ("CONFIRMED", "POSTPONED", "UNSPECIFIED", "UNSPECIFIED", "CANCELLED", None),
    "RUMORED": ("CONFIRMED", "POSTPONED", "RUMORED", "RUMORED", "CANCELLED", None),
    "PROPOSED": ("CONFIRMED", "POSTPONED", "PROPOSED", "PROPOSED", "CANCELLED", None),
    "ANNOUNCED": ("CONFIRMED", "POSTPONED", "ANNOUNCED", "ANNOUNCED", "CANCELLED", None),
    "CONFIRMED": (None, "POSTPONED", "CONFIRMED", "CONFIRMED", "CANCELLED", None),
    "POSTPONED": (None, None, "ANNOUNCED", "POSTPONED", "CANCELLED", "ANNOUNCED"),
    "IN_PROGRESS": (None, None, "IN_PROGRESS", "IN_PROGRESS", None, None),
    "SUSPENDED": (None, None, "SUSPENDED", "SUSPENDED", "CANCELLED", None),
    "CONCLUDED": (None, None, None, None, None, None),
    "UNPLANNED": (None, None, None, None, None, None),
    "CANCELLED": (None, None, None, None, None, "ANNOUNCED"),
    "WITHDRAWN_BY_HOST": (None, None, None, None, "CANCELLED", "ANNOUNCED"),
    "NOT_HELD": (None, None, None, None, "CANCELLED", "ANNOUNCED"),
}


def number(status: str) -> EventStatus:
    return EventStatus.Value(f"EVENT_STATUS_{status}")  # type: ignore[return-value]


def verb_number(verb: str) -> EventVerb:
    return EventVerb.Value(f"EVENT_VERB_{verb.upper()}")  # type: ignore[return-value]


def words(status: int) -> str:
    return EventStatus.Name(status).removeprefix("EVENT_STATUS_")  # type: ignore[arg-type]


def call(api: Any, verb: str, record: Any, **fields: Any) -> Any:
    message_name = type(record).DESCRIPTOR.name
    answer = api(f"{verb.capitalize()}{message_name}", name=record.name, **fields)
    return getattr(answer, message_name.lower())


def test_the_table_has_every_status_and_verb() -> None:
    assert {number(status) for status in AFTER} == set(EventStatus.values())
    assert [verb_word(verb) for verb in VERBS] == list(VERB_NAMES)


@pytest.mark.parametrize("verb", VERB_NAMES)
@pytest.mark.parametrize("status", AFTER)
def test_transitions(status: str, verb: str) -> None:
    record = json_format.ParseDict({"name": "calendars/c/summits/s"}, Summit())
    record.status = number(status)
    time = json_format.ParseDict({"dates": {"first_date": "2024-07-03"}}, Summit().time)
    fields = {"reschedule": {"time": time}, "move": {"places": Summit().places}}.get(verb, {})
    if verb == "move":
        fields["places"].add(region_code="KZ")
    after = AFTER[status][VERB_NAMES.index(verb)]
    transition = TransitionRequest("summit", 0, default_database(), VerbNote(), **fields)
    if after is not None:
        apply_verb(record, VERBS[verb_number(verb)], transition)
        assert (words(record.status), record.sequence) == (after, 1)
        return
    with pytest.raises(RefusedError) as caught:
        apply_verb(record, VERBS[verb_number(verb)], transition)
    assert caught.value.metadata == {
        "status": f"EVENT_STATUS_{status}",
        "verb": f"EVENT_VERB_{verb.upper()}",
    }
    assert (words(record.status), len(record.status_changes)) == (status, 0)


@pytest.mark.parametrize("kind", WITH_VERBS, ids=KIND_IDS)
def test_verbs_in_sequence_change_status_and_history(
    api: Any, clock: Any, make: Any, kind: Any
) -> None:
    """Expect one uid throughout; former times and changes of status are kept, oldest first."""
    created = api.create(
        kind.collection,
        "a",
        status="EVENT_STATUS_ANNOUNCED",
        time={"partial": {"edtf": "2020-12"}},
        places=[ASTANA],
        sources=[{"id": "host"}],
    )
    change = {"reason": "pandemic", "action_date": "2020-10-13", "source_id": "host"}
    clock.time += 60
    confirmed = call(api, "confirm", created, etag=created.etag)
    clock.time += 60
    postponed = call(api, "postpone", created, etag=confirmed.etag, note=change)
    assert not postponed.HasField("time")
    rescheduled = call(api, "reschedule", created, time={"partial": {"edtf": "2022-23"}})
    again = call(api, "reschedule", created, time=make.dates("2022-11-19", "2022-11-20"))
    cancelled = call(api, "cancel", created, status="EVENT_STATUS_WITHDRAWN_BY_HOST")
    assert cancelled.time == again.time, "feeds have to tell of it at its day"
    final = call(api, "reinstate", created)

    assert final.ical_uid == created.ical_uid and final.sequence == 6
    assert final.time == again.time
    changes = [
        (verb_word(c.verb), words(c.from_status), words(c.to_status)) for c in final.status_changes
    ]
    assert changes == [
        ("confirm", "ANNOUNCED", "CONFIRMED"),
        ("postpone", "CONFIRMED", "POSTPONED"),
        ("reschedule", "POSTPONED", "CONFIRMED"),
        ("reschedule", "CONFIRMED", "CONFIRMED"),
        ("cancel", "CONFIRMED", "WITHDRAWN_BY_HOST"),
        ("reinstate", "WITHDRAWN_BY_HOST", "CONFIRMED"),
    ]
    assert [words(r.status) for r in (confirmed, postponed, rescheduled, final)] == [
        *("CONFIRMED", "POSTPONED", "CONFIRMED", "CONFIRMED"),
    ]
    entry = final.status_changes[1]
    assert (entry.reason, entry.action_date, entry.source_id) == tuple(change.values())
    assert entry.record_time.seconds == created.create_time.seconds + 120
    earlier = [(p.time.partial.edtf, p.until.seconds, p.reason) for p in final.previous_times]
    then = created.create_time.seconds + 120
    assert earlier == [("2020-12", then, "pandemic"), ("2022-23", then, "")]


JULY = {"dates": {"first_date": "2024-07-01", "last_date": "2024-07-31", "time_zone": "UTC"}}
FORMER = {
    "days": ({"dates": {"first_date": "2024-07-03", "last_date": "2024-07-04"}}, "2024-07-03"),
    "hours": (
        {"timed": {"start": {"civil_time": "2024-07-03T10:00", "time_zone": "Asia/Almaty"}}},
        "2024-07-03T05:00:00+00:00[UTC]",
    ),
    "month": ({"partial": {"edtf": "2024-07"}}, "2024-07"),
}


@pytest.mark.parametrize("off", ["postpone", "postpone-and-cancel"])
@pytest.mark.parametrize(("time", "begins"), FORMER.values(), ids=FORMER)
def test_event_without_a_new_date_is_found_where_it_was(
    api: Any, time: dict[str, Any], begins: str, off: str
) -> None:
    created = api.create("summits", "s", time=time)
    matching = "MATCH_CERTAINTY_POSSIBLE" if "partial" in time else "MATCH_CERTAINTY_CERTAIN"

    def agenda_rows(**more: Any) -> list[tuple[str, bool, str]]:
        window = {**JULY, "matching": matching}
        answer = api("QueryAgenda", parent="calendars/c", window=window, filter=more)
        return [(i.record.summit.name, i.former_time, i.viewer_start) for i in answer.items]

    assert agenda_rows() == [(created.name, False, begins)]
    put_off = call(api, "postpone", created)
    if off == "postpone-and-cancel":
        put_off = call(api, "cancel", put_off)
    status = "EVENT_STATUS_POSTPONED" if off == "postpone" else "EVENT_STATUS_CANCELLED"
    assert not put_off.HasField("time")
    assert agenda_rows() == agenda_rows(statuses=[status]) == [(created.name, True, begins)]
    listed = api("ListSummits", parent="calendars/c", window={**JULY, "matching": matching})
    assert [summit.name for summit in listed.summits] == [created.name]
    then = api(
        "QueryAgenda",
        parent="calendars/c",
        window={**JULY, "matching": matching},
        as_of=api.at(put_off.revision),
    )
    assert [item.former_time for item in then.items] == [True]

    moved = call(
        api,
        "reinstate",
        put_off,
        time={"dates": {"first_date": "2025-02-01", "last_date": "2025-02-01"}},
    )
    assert moved.HasField("time")
    assert agenda_rows() == [], "it has a date again, another one"


def test_event_that_was_never_put_off_is_not_found_at_a_former_time(api: Any, make: Any) -> None:
    created = api.create("summits", "s", time=make.dates("2024-07-03"))
    call(api, "reschedule", created, time=make.dates("2024-09-03"))
    api("UpdateSummit", summit={"name": created.name}, update_mask="time")
    answer = api("QueryAgenda", parent="calendars/c", window=JULY)
    assert not answer.items


def test_former_time_keeps_nobody_busy(api: Any, make: Any) -> None:
    """A postponed event causes no presence and no conflict, and blocks no meeting."""
    xi = {"id": "xi", "names": [{"text": "Xi"}]}
    here, there = (
        [{"localities": [{"text": town}], "time_zone": zone}]
        for town, zone in (("Astana", "Asia/Almaty"), ("Paris", "Europe/Paris"))
    )
    days = make.dates("2024-07-03", "2024-07-04")
    visit = api.create(
        "visits",
        "v",
        time=days,
        places=here,
        principals=[xi],
        segments=[{"time": days, "places": here}],
    )
    api.create("visits", "w", time=days, places=there, principals=[xi])
    call(api, "postpone", visit)
    request = {"parent": "calendars/c", "window": JULY}
    assert not api("FindConflicts", **request).conflicts
    located = api("LocatePrincipals", parent="calendars/c", persons=["xi"], window=JULY)
    assert {presence.name for presence in located.presences} == {"calendars/c/visits/w"}
    windows = api(
        "FindMeetingWindows",
        parent="calendars/c",
        attendees=[{"person": "xi"}],
        duration="3600s",
        window=JULY,
    )
    assert "calendars/c/visits/v" not in {blocker.name for blocker in windows.blockers}


def test_a_postponement_taken_back_restores_the_time(api: Any, make: Any) -> None:
    created = api.create(
        "visits", "v", status="EVENT_STATUS_CONFIRMED", time=make.timed("2024-07-03T10:00")
    )
    call(api, "postpone", created, note={"reason": "storm"})
    back = call(api, "reinstate", created)
    assert (back.time, words(back.status)) == (created.time, "CONFIRMED")
    assert not back.previous_times, "it is the time again"
    assert [verb_word(change.verb) for change in back.status_changes] == ["postpone", "reinstate"]


def test_a_cancelled_postponement_comes_back_as_one(api: Any, make: Any) -> None:
    created = api.create(
        "visits", "v", status="EVENT_STATUS_CONFIRMED", time=make.dates("2024-07-03")
    )
    call(api, "postpone", created)
    call(api, "cancel", created)
    back = call(api, "reinstate", created)
    assert (words(back.status), back.HasField("time")) == ("POSTPONED", False)
    call(api, "cancel", created)
    with_time = call(api, "reinstate", created, time=make.dates("2025-07-03"))
    assert words(with_time.status) == "CONFIRMED"
    assert [p.time.dates.first_date for p in with_time.previous_times] == ["2024-07-03"]


@pytest.mark.parametrize("status", ["RUMORED", "CONCLUDED", "SUSPENDED"])
def test_reinstated_to_a_status_given(api: Any, status: str) -> None:
    created = api.create("visits", "v", status="EVENT_STATUS_CANCELLED")
    back = call(api, "reinstate", created, status=f"EVENT_STATUS_{status}")
    assert words(back.status) == status


def test_reinstated_event_has_the_status_before_both_cancellations(api: Any) -> None:
    created = api.create("visits", "v", status="EVENT_STATUS_ANNOUNCED")
    call(api, "cancel", created)
    call(api, "cancel", created, status="EVENT_STATUS_NOT_HELD")
    back = call(api, "reinstate", created)
    assert words(back.status) == "ANNOUNCED", "what it was before both"


@pytest.mark.parametrize(
    ("verb", "fields", "reason", "field"),
    [
        ("confirm", {"etag": '"old"'}, "ETAG_MISMATCH", "etag"),
        ("reschedule", {}, "REQUIRED_FIELD_MISSING", "time"),
        ("reschedule", {"time": {"source_text": "soon"}}, "REQUIRED_FIELD_MISSING", "time"),
        (
            "reschedule",
            {"time": {"dates": {"first_date": "2024-02-30"}}},
            "INVALID_DATE",
            "time.dates.first_date",
        ),
        ("move", {}, "REQUIRED_FIELD_MISSING", "places"),
        (
            "move",
            {"places": [{"time_zone": "Asia/Astana"}]},
            "UNKNOWN_TIME_ZONE",
            "places[0].time_zone",
        ),
        (
            "move",
            {"places": [{"localities": [{"text": "Nowhere"}]}]},
            "UNKNOWN_PLACE",
            "time.timed.start.time_zone",
        ),
        ("move", {"places": [{"region_code": "kzz"}]}, "INVALID_VALUE", "places[0].region_code"),
        ("cancel", {"status": "EVENT_STATUS_CONCLUDED"}, "INVALID_VALUE", "status"),
        ("cancel", {"note": {"source_id": "x"}}, "REFERENCE_NOT_FOUND", "note.source_id"),
        (
            "cancel",
            {"note": {"action_date": "yesterday"}},
            "INVALID_PARTIAL_DATE",
            "note.action_date",
        ),
        ("reinstate", {}, "INVALID_TRANSITION", "name"),
    ],
    ids=str,
)
def test_refusals_name_the_field_and_change_nothing(
    api: Any, verb: str, fields: dict[str, Any], reason: str, field: str
) -> None:
    time = {"timed": {"start": {"civil_time": "2024-07-04T10:00"}}}
    created = api.create("meetings", "m", time=time, places=[ASTANA])
    refusal = api.refusal(f"{verb.capitalize()}Meeting", name=created.name, **fields)
    assert (refusal.reason, refusal.field) == (reason, field)
    assert "meeting." not in refusal.message
    assert api("GetMeeting", name=created.name).meeting == created


def test_reinstated_to_what_it_cannot_be(api: Any) -> None:
    created = api.create("visits", "v", status="EVENT_STATUS_CANCELLED")
    refusal = api.refusal("ReinstateVisit", name=created.name, status="EVENT_STATUS_NOT_HELD")
    assert (refusal.reason, refusal.field) == ("INVALID_VALUE", "status")


def test_a_verb_that_does_not_fit_says_which_do(api: Any) -> None:
    created = api.create("visits", "v", status="EVENT_STATUS_CANCELLED")
    refusal = api.refusal("PostponeVisit", name=created.name)
    assert (refusal.code, refusal.reason) == ("FAILED_PRECONDITION", "INVALID_TRANSITION")
    assert refusal.message.endswith("verbs that do: cancel, reinstate")


def test_deleted_and_missing_records_refuse_verbs(api: Any) -> None:
    created = api.create("visits", "v")
    api("DeleteVisit", name=created.name)
    for name in (created.name, "calendars/c/visits/none"):
        assert api.refusal("CancelVisit", name=name).reason == "RECORD_NOT_FOUND"


def test_history_of_statuses_is_bounded(api: Any) -> None:
    created = api.create("visits", "v")
    for _ in range(32):
        call(api, "postpone", created)
        call(api, "reinstate", created)
    refusal = api.refusal("PostponeVisit", name=created.name)
    assert (refusal.reason, refusal.field) == ("TOO_MANY_VALUES", "visit.status_changes")


@given(
    start=st.sampled_from(list(AFTER)),
    operations=st.lists(st.tuples(st.sampled_from(VERB_NAMES), st.integers(1, 9)), max_size=12),
)
def test_any_sequence_of_verbs_keeps_uid_and_history(
    start: str, operations: list[tuple[str, int]]
) -> None:
    """Whatever is tried: one uid, no gap in the history, no time while postponed."""
    db = default_database()
    record = Summit(name="calendars/c/summits/s", ical_uid="u", status=number(start))
    if start != "POSTPONED":
        record.time.dates.first_date = "2020-01-01"
    prepare(record, "summit", db)
    done, times = 0, set()
    for turn, (verb, day) in enumerate(operations):
        old = Summit.FromString(record.SerializeToString())
        target = Summit()
        target.time.dates.first_date = f"2024-07-0{day}"
        target.places.add(region_code="KZ")
        fields = {"reschedule": {"time": target.time}, "move": {"places": target.places}}
        transition = TransitionRequest("summit", turn, db, VerbNote(), **fields.get(verb, {}))  # type: ignore[arg-type]
        try:
            apply_verb(record, VERBS[verb_number(verb)], transition)
        except RefusedError:
            assert record == old
            continue
        prepare(record, "summit", db, Before(old, turn))
        keep_previous_time(record, old, transition)
        done += 1
        times.update(p.time.dates.first_date for p in (*record.previous_times, record))
    assert (record.ical_uid, record.sequence, len(record.status_changes)) == ("u", done, done)
    chain = [start, *(words(change.to_status) for change in record.status_changes)]
    assert [words(change.from_status) for change in record.status_changes] == chain[:-1]
    assert chain[-1] == words(record.status)
    assert record.status != number("POSTPONED") or not record.HasField("time")
    dates = {p.time.dates.first_date for p in (*record.previous_times, record)}
    assert times <= dates | {""}, "no time is forgotten"
    until = [previous.until.seconds for previous in record.previous_times]
    assert until == sorted(until)
