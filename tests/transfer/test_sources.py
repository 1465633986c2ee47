"""Repeated imports of a source: its changes are merged, and edits of a desk are kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from summitry import Client
from summitry.kinds import Record
from summitry.v1.event_time_pb2 import EventTime
from summitry.v1.meeting_pb2 import Meeting
from summitry.v1.transfer_service_pb2 import ImportRecordsResponse
from tests.import_reports import refusals_of, warnings_of

NAME = "calendars/c/meetings/talks"
FIRST: dict[str, Any] = {
    "ical_uid": "talks",
    "titles": [{"text": "Talks", "language_code": "en"}],
    "summaries": [{"text": "Agenda follows", "language_code": "en"}],
    "places": [{"source_text": "Palace"}],
    "time": {"dates": {"first_date": "2024-07-03", "last_date": "2024-07-03"}},
    "labels": {"room": "1", "floor": "2"},
    "kind": "MEETING_KIND_PLENARY",
    "original": "entry 1",
}
LATER = {"dates": {"first_date": "2024-07-05", "last_date": "2024-07-05"}}


@pytest.fixture
def imported(client: Client, record: Callable[..., Record]) -> Callable[..., ImportRecordsResponse]:
    """Return a function that imports the entry with changes; None leaves a field out."""
    client.create(record())

    def send(dry_run: bool = False, merge: bool = False, **changes: Any) -> ImportRecordsResponse:
        fields = {name: value for name, value in {**FIRST, **changes}.items() if value is not None}
        sent = record("meetings/talks", **fields)
        return client.import_records([sent], validate_only=dry_run, merge=merge)

    assert send().created == 1
    return send


def edit(client: Client, **fields: Any) -> None:
    """Change fields as a desk does."""
    client.update(Meeting(name=NAME, **fields), list(fields))


def stored(client: Client) -> Meeting:
    record = client.get(NAME)
    assert isinstance(record, Meeting)
    return record


def titles(client: Client) -> dict[str, str]:
    return {title.language_code: title.text for title in stored(client).titles}


FRENCH = {"text": "Pourparlers", "language_code": "fr"}
ENGLISH = {"text": "Talks", "language_code": "en"}
EDITS: dict[str, dict[str, Any]] = {
    "a title in another language": {"titles": [ENGLISH, FRENCH]},
    "the title": {"titles": [{"text": "Plenary talks", "language_code": "en"}]},
    "no title": {"titles": []},
    "a label": {"labels": {"room": "1", "floor": "2", "desk": "x"}},
    "a place": {"places": [{"source_text": "Hotel"}]},
    "a kind": {"kind": 9},
    "a visibility": {"visibility": 2},
}


@pytest.mark.parametrize("merge", [False, True], ids=["whole", "merge"])
@pytest.mark.parametrize("case", EDITS)
def test_unchanged_entry_touches_nothing(
    client: Client, imported: Any, case: str, merge: bool
) -> None:
    edit(client, **EDITS[case])
    before = stored(client)
    answer = imported(merge=merge)
    assert (answer.unchanged, warnings_of(answer)) == (1, {})
    assert stored(client) == before


@pytest.mark.parametrize("case", EDITS)
def test_change_of_source_keeps_edits_of_other_fields(
    client: Client, imported: Any, case: str
) -> None:
    edit(client, **EDITS[case])
    before = stored(client)
    answer = imported(time=LATER, original="entry 2")
    after = stored(client)
    assert (answer.updated, warnings_of(answer)) == (1, {})
    assert after.time.dates.first_date == "2024-07-05"
    assert after.original == "entry 2"
    for field in EDITS[case]:
        assert getattr(after, field) == getattr(before, field)


def test_change_of_source_in_the_same_field_is_taken_by_language_and_label(
    client: Client, imported: Any
) -> None:
    edit(client, titles=[ENGLISH, FRENCH], labels={"room": "1", "floor": "2", "desk": "x"})
    imported(titles=[{"text": "Summit talks", "language_code": "en"}], labels={"room": "9"})
    assert titles(client) == {"en": "Summit talks", "fr": "Pourparlers"}
    assert dict(stored(client).labels) == {"room": "9", "desk": "x"}


CONFLICTS: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "a text": (
        {"titles": [{"text": "Desk", "language_code": "en"}]},
        {"titles": [{"text": "Source", "language_code": "en"}]},
        "titles[en] was edited here and changed by the source, which says Source",
    ),
    "a text that is gone": (
        {"titles": [{"text": "Desk", "language_code": "en"}]},
        {"titles": None},
        "titles[en] was edited here and changed by the source, which says nothing",
    ),
    "a time": (
        {"time": EventTime(dates={"first_date": "2024-07-09", "last_date": "2024-07-09"})},
        {"time": LATER},
        'time was edited here and changed by the source, which says {"dates": {"first_date": "2024',
    ),
    "an enumeration": ({"kind": 9}, {"kind": "MEETING_KIND_BILATERAL"}, ""),
    "another enumeration": ({"kind": 9}, {"kind": "MEETING_KIND_RETREAT"}, "kind was edited here"),
}


@pytest.mark.parametrize("dry_run", [True, False], ids=["dry run", "for good"])
@pytest.mark.parametrize("case", CONFLICTS)
def test_edit_wins_over_source_and_is_reported_until_they_agree(
    client: Client, imported: Any, case: str, dry_run: bool
) -> None:
    edits, changes, message = CONFLICTS[case]
    edit(client, **edits)
    before = stored(client)
    for _ in range(2):
        answer = imported(**changes, original="entry 2", dry_run=dry_run)
        assert warnings_of(answer) == ({"EDIT_KEPT": 1} if message else {})
        if message:
            assert answer.results[0].message.startswith(message)
    for field in edits:
        assert getattr(stored(client), field) == getattr(before, field)


def test_value_that_a_desk_takes_from_the_source_is_the_source_s_again(
    client: Client, imported: Any
) -> None:
    new = [{"text": "Source", "language_code": "en"}]
    edit(client, titles=[{"text": "Desk", "language_code": "en"}])
    imported(titles=new)
    edit(client, titles=new)
    assert warnings_of(imported(titles=new)) == {}
    imported(titles=[{"text": "Source again", "language_code": "en"}])
    assert titles(client) == {"en": "Source again"}


def test_field_that_a_source_leaves_out_goes_unless_merged(client: Client, imported: Any) -> None:
    assert imported(summaries=None, merge=True).unchanged == 1
    assert stored(client).summaries
    assert imported(summaries=None).updated == 1
    assert not stored(client).summaries


def test_file_of_the_store_is_no_source(client: Client, imported: Any) -> None:
    """Import an export that a desk edited: it replaces the record, whatever the source said."""
    edit(client, titles=[{"text": "Desk", "language_code": "en"}])
    (exported,) = (
        exported_record
        for exported_record in client.export_records("calendars/c")
        if exported_record.name == NAME
    )
    exported.titles[0].text = "Talks"
    exported.ClearField("summaries")
    assert client.import_records([exported]).updated == 1
    assert titles(client) == {"en": "Talks"} and not stored(client).summaries


def test_digests_are_no_difference_and_cannot_be_set(client: Client, imported: Any) -> None:
    stored(client)
    first = client.header.snapshot
    imported(titles=[{"text": "Source", "language_code": "en"}])
    paths = {difference.field_path for difference in client.diff(NAME, first).differences}
    assert paths and not any("digest" in path for path in paths)
    digests = dict(stored(client).source_digests)
    assert "titles[en]" in digests
    edit(client, source_digests={"titles[en]": "x"})
    assert dict(stored(client).source_digests) == digests


def test_deleted_record_is_refused_with_the_way_back(client: Client, imported: Any) -> None:
    client.delete(NAME)
    answer = imported(original="entry 2")
    assert refusals_of(answer) == {"RECORD_NOT_FOUND": 1}
    assert "undelete it to import it" in answer.results[0].message
