"""Identity of events of calendar files: UIDs that look alike, and deleted records."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from summitry import Client
from summitry.kinds import Record, unpack

C = "calendars/c"
ALIKE = (
    "Event_1@example.org",
    "event-1@example.org",
    "EVENT.1@example.org",
    "встреча-1",
    "саммит-1",
)


def load(client: Client, *uids: str, title: str = "a", **options: Any) -> Any:
    events = "".join(
        f"BEGIN:VEVENT\nUID:{uid}\nDTSTART:20260302T090000Z\nSUMMARY:{title} {uid}\nEND:VEVENT\n"
        for uid in uids
    )
    data = f"BEGIN:VCALENDAR\nVERSION:2.0\n{events}END:VCALENDAR\n".encode()
    parsed = client.parse_calendar(C, data)
    return client.import_records(
        [record for part in parsed.records if (record := unpack(part)) is not None], **options
    )


def titles(client: Client) -> dict[str, str]:
    return {record.ical_uid: record.titles[0].text for record in client.list("meetings", parent=C)}


@pytest.fixture
def desk(client: Client, record: Callable[..., Record]) -> Client:
    """Return a client of a store with a calendar."""
    client.create(record())
    return client


@pytest.mark.parametrize("is_swapped", [False, True])
@pytest.mark.parametrize("is_split", [False, True], ids=["one file", "a file each"])
def test_09_uids_that_look_alike_are_records_of_their_own(
    desk: Client, is_swapped: bool, is_split: bool
) -> None:
    files = [(uid,) for uid in ALIKE] if is_split else [ALIKE]
    assert sum(load(desk, *uids).created for uids in files) == 5
    assert titles(desk) == {uid: f"a {uid}" for uid in ALIKE}
    order = ALIKE[::-1] if is_swapped else ALIKE
    again = load(desk, *order)
    assert (again.unchanged, again.failed) == (5, 0)
    changed = load(desk, *order, title="b")
    assert (changed.updated, changed.failed) == (5, 0)
    assert titles(desk) == {uid: f"b {uid}" for uid in ALIKE}


def test_dry_run_tells_the_same_of_uids_that_look_alike(desk: Client) -> None:
    assert load(desk, *ALIKE, validate_only=True).created == 5
    assert titles(desk) == {}


def test_event_does_not_take_the_id_of_a_record_of_the_desk(
    desk: Client, record: Callable[..., Record]
) -> None:
    own: Any = desk.create(record("meetings/talks", time={"iso": "2026-03-05"}))
    assert load(desk, "talks").created == 1
    assert desk.get(own.name).ical_uid == own.ical_uid
    assert len(list(desk.list("meetings", parent=C))) == 2


def test_import_of_a_deleted_record_says_to_undelete_it(desk: Client) -> None:
    load(desk, "talks")
    desk.delete(f"{C}/meetings/talks")
    (result,) = load(desk, "talks").results
    assert "undelete it" in result.message
