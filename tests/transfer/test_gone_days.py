"""Series that change: days that a newer version of a calendar file lacks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from summitry import Client
from summitry.errors import CallError, NotFoundError
from summitry.kinds import Record, unpack
from summitry.v1.event_status_pb2 import EventStatus
from summitry.v1.transfer_service_pb2 import EventDays, ImportWarning
from summitry_server.store.memory.engine import MemoryStore
from tests.conftest import SOAK

C = "calendars/c"
CANCELLED = EventStatus.EVENT_STATUS_CANCELLED
NEW = "SEQUENCE:1\n"


def weekly(
    head: str = "SEQUENCE:0\n",
    hour: int = 9,
    extra: str = "",
    rule: str = "RRULE:FREQ=WEEKLY;COUNT=3\n",
) -> str:
    start = f"DTSTART;TZID=Europe/Paris:20260302T{hour:02}0000\n"
    return (
        f"BEGIN:VEVENT\nUID:w@example.org\n{head}{start}{rule}{extra}SUMMARY:Briefing\nEND:VEVENT\n"
    )


def changed(day: str) -> str:
    return (
        f"BEGIN:VEVENT\nUID:w@example.org\nSEQUENCE:1\nRECURRENCE-ID;TZID=Europe/Paris:{day}\n"
        "DTSTART;TZID=Europe/Paris:20260301T150000\nSUMMARY:Other\nEND:VEVENT\n"
    )


def load(client: Client, events: str, method: str = "", **options: Any) -> Any:
    head = f"METHOD:{method}\n" if method else ""
    parsed = client.parse_calendar(C, f"BEGIN:VCALENDAR\n{head}{events}END:VCALENDAR\n".encode())
    entries = [record for part in parsed.records if (record := unpack(part)) is not None]
    return client.import_records([*entries, *parsed.event_days], **options)


def stored(client: Client) -> dict[str, str]:
    """Return the days of March that are stored, each with a mark of its state."""
    records = client.list("meetings", parent=C, show_deleted=True)
    return {
        record.ical_uid.removeprefix("w@example.org").lstrip("/").removeprefix("202603"): (
            "deleted"
            if record.HasField("delete_time")
            else "cancelled"
            if record.status == CANCELLED
            else "live"
        )
        for record in records
    }


ALIVE = {"02T090000": "live", "09T090000": "live", "16T090000": "live"}
ALL_CANCELLED = dict.fromkeys(ALIVE, "cancelled")
MOVED = {"02T110000": "live", "09T110000": "live", "16T110000": "live"}
EXDATE = "EXDATE;TZID=Europe/Paris:20260309T090000\n"


@pytest.fixture
def desk(client: Client, record: Callable[..., Record]) -> Client:
    """Return a client of a store with the first version of the series."""
    client.create(record())
    assert load(client, weekly()).created == 3
    return client


@pytest.mark.parametrize(
    ("events", "method", "expected"),
    [
        (weekly(NEW, hour=11), "", ALL_CANCELLED | MOVED),
        (weekly(NEW, extra=EXDATE), "", ALIVE | {"09T090000": "cancelled"}),
        (weekly("SEQUENCE:2\nSTATUS:CANCELLED\n", rule=""), "CANCEL", ALL_CANCELLED),
        (weekly(NEW, rule=""), "", ALL_CANCELLED | {"": "live"}),
        (weekly(NEW, rule="RRULE:FREQ=WEEKLY;COUNT=4\n"), "", ALIVE | {"23T090000": "live"}),
        (changed("20260309T090000"), "", ALIVE),
        (weekly(NEW, rule="RRULE:FREQ=NEVER\n"), "", ALIVE),
        (weekly("SEQUENCE:1\n") + changed("20260309T090000"), "", ALIVE),
    ],
    ids=[
        "06b hour moved",
        "06c day left out",
        "06d series cancelled",
        "no longer a series",
        "a day more",
        "one changed day alone",
        "broken version",
        "a day changed",
    ],
)
def test_newer_version_decides_which_days_a_series_has(
    desk: Client, events: str, method: str, expected: dict[str, str]
) -> None:
    load(desk, events, method)
    assert stored(desk) == expected


def test_same_version_again_takes_no_turn_of_a_writer(
    desk: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(MemoryStore, "write", refuse_to_write)
    assert load(desk, weekly()).unchanged == 3


def refuse_to_write(*arguments: Any) -> None:
    raise AssertionError("an unchanged import waits for other writes")


@pytest.mark.parametrize(
    ("action", "state", "word"),
    [
        ("cancel", "cancelled", "cancelled"),
        ("delete", "deleted", "deleted"),
        ("keep", "live", "kept"),
    ],
)
@pytest.mark.parametrize("validate_only", [True, False], ids=["dry run", "import"])
def test_gone_days_are_reported_and_treated_as_chosen(
    desk: Client, action: str, state: str, word: str, validate_only: bool
) -> None:
    answer = load(desk, weekly(NEW, extra=EXDATE), gone_action=action, validate_only=validate_only)
    assert answer.gone_count == 1
    (result,) = [result for result in answer.results if result.index == -1]
    assert result.name.endswith("20260309t090000") and result.message.endswith(word)
    assert [*result.warnings] == [ImportWarning.IMPORT_WARNING_GONE]
    assert stored(desk)["09T090000"] == ("live" if validate_only else state)


def test_cancellation_cancels_though_gone_days_are_kept(desk: Client) -> None:
    load(desk, weekly("SEQUENCE:2\n", rule=""), "CANCEL", gone_action="keep")
    assert stored(desk) == ALL_CANCELLED


def test_unchanged_and_older_versions_cancel_nothing(desk: Client) -> None:
    assert load(desk, weekly(NEW, hour=11)).gone_count == 3
    again = load(desk, weekly(NEW, hour=11))
    assert (again.gone_count, again.unchanged, again.updated) == (0, 3, 0)
    older = load(desk, weekly())
    assert (older.gone_count, older.failed) == (0, 3)
    assert stored(desk) == ALL_CANCELLED | MOVED


@pytest.mark.parametrize("merge", [False, True])
def test_day_that_comes_back_is_live_again(desk: Client, merge: bool) -> None:
    load(desk, weekly(NEW, extra=EXDATE))
    load(desk, weekly("SEQUENCE:2\n"), merge=merge)
    assert stored(desk) == ALIVE


def test_text_of_the_desk_stays_on_a_cancelled_day(desk: Client) -> None:
    name = f"{C}/meetings/w-example-org-20260309t090000"
    day: Any = desk.get(name)
    day.titles.add(text="Réunion", language_code="fr")
    desk.update(day, ["titles"])
    load(desk, weekly(NEW, extra=EXDATE))
    day = desk.get(name)
    assert day.status == CANCELLED and [text.text for text in day.titles] == ["Briefing", "Réunion"]
    assert day.labels["ical-sequence"] == "1"


def test_status_that_the_desk_set_stays(desk: Client) -> None:
    name = f"{C}/meetings/w-example-org-20260309t090000"
    day: Any = desk.get(name)
    day.status = EventStatus.EVENT_STATUS_CONFIRMED
    desk.import_records([day])  # with its revision, so that it is an edit
    answer = load(desk, weekly(NEW, extra=EXDATE))
    assert desk.get(name).status == EventStatus.EVENT_STATUS_CONFIRMED
    assert [*answer.results[0].warnings] == [
        ImportWarning.IMPORT_WARNING_GONE,
        ImportWarning.IMPORT_WARNING_EDIT_KEPT,
    ]


def test_records_of_the_desk_and_of_other_calendars_are_never_gone(
    desk: Client, record: Callable[..., Record]
) -> None:
    own: Any = record("meetings/own", time={"iso": "2026-03-05"})
    own.ical_uid = "w@example.org/20260305"
    desk.create(own)
    elsewhere = EventDays(parent="calendars/d", ical_uid="w@example.org")
    below = EventDays(parent=C, ical_uid="w@example.or")
    answer = desk.import_records([elsewhere, below])
    assert answer.gone_count == 0
    load(desk, weekly(NEW))
    assert stored(desk) == ALIVE | {"05": "live"}


def test_window_that_was_read_bounds_what_is_gone(desk: Client) -> None:
    statement = EventDays(
        parent=C, ical_uid="w@example.org", first_date="2026-03-03", last_date="2026-03-10"
    )
    assert desk.import_records([statement]).gone_count == 1
    assert stored(desk) == ALIVE | {"09T090000": "cancelled"}


def test_event_without_an_end_keeps_its_former_days(client: Client, record: Any) -> None:
    client.create(record())
    event = (
        b"BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:n\nDTSTART;VALUE=DATE:20190107\nRRULE:FREQ=WEEKLY\n"
        b"END:VEVENT\nEND:VCALENDAR\n"
    )

    def load_window(**dates: str) -> tuple[int, int]:
        parsed = client.parse_calendar(C, event, **dates)
        entries = [record for part in parsed.records if (record := unpack(part)) is not None]
        answer = client.import_records([*entries, *parsed.event_days])
        return answer.created, answer.gone_count

    # Today is 3 July 2024.
    assert load_window() == (208, 0)
    assert load_window(first_date="2024-07-01", last_date="2027-07-12") == (2, 0)


@pytest.mark.parametrize("field", ["first_date", "last_date"])
def test_window_of_no_days_is_refused(client: Client, field: str) -> None:
    with pytest.raises(CallError) as caught:
        client.parse_calendar(C, b"BEGIN:VCALENDAR\n", **{field: "soon"})
    assert (caught.value.reason, caught.value.metadata["field"]) == ("INVALID_VALUE", field)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"parent": "desk"}, "batch.event_days[0].parent"),
        ({"ical_uid": ""}, "batch.event_days[0].ical_uid"),
        ({"ical_uid": "u" * 256}, "batch.event_days[0].ical_uid"),
        ({"first_date": "soon"}, "batch.event_days[0].first_date"),
        ({"days": ["20260302"] * 2001}, "batch.event_days[0].days"),
    ],
)
def test_statement_that_no_event_can_have_is_refused(
    client: Client, fields: dict[str, Any], field: str
) -> None:
    statement = EventDays(**({"parent": C, "ical_uid": "u"} | fields))
    with pytest.raises(CallError) as caught:
        client.import_records([statement])
    assert caught.value.metadata["field"] == field


VERSIONS = st.lists(
    st.tuples(st.integers(1, 5), st.sampled_from([9, 11]), st.sets(st.integers(0, 4))),
    min_size=1,
    max_size=5,
)


@settings(
    max_examples=1000 if SOAK else 8,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(VERSIONS)
def test_store_equals_a_model_that_keeps_all_versions(
    client: Client, record: Callable[..., Record], versions: list[tuple[int, int, set[int]]]
) -> None:
    try:
        client.get(C)
    except NotFoundError:
        client.create(record())
    uid = f"m{len(list(client.list('meetings', parent=C, show_deleted=True)))}"
    model: dict[str, str] = {}
    for sequence, (count, hour, left_out) in enumerate(versions):
        days = [f"202603{2 + 7 * week:02}T{hour:02}0000" for week in range(count)]
        exdates = [days[week] for week in left_out if week < count]
        extra = "".join(f"EXDATE;TZID=Europe/Paris:{day}\n" for day in exdates)
        event = weekly(f"SEQUENCE:{sequence}\n", hour, extra, f"RRULE:FREQ=WEEKLY;COUNT={count}\n")
        load(client, event.replace("w@example.org", uid))
        live = set(days) - set(exdates)
        model = dict.fromkeys(model, "cancelled") | dict.fromkeys(live, "live")
    assert {
        day.removeprefix(f"{uid}/"): state
        for day, state in stored_uids(client).items()
        if day.startswith(f"{uid}/")
    } == model


def stored_uids(client: Client) -> dict[str, str]:
    return {
        record.ical_uid: "cancelled" if record.status == CANCELLED else "live"
        for record in client.list("meetings", parent=C)
    }
