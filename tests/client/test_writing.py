"""Batches, undeletion, restored versions and reads of the past through both clients."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from google.type.localized_text_pb2 import LocalizedText

from summitry import Calendar, Meeting, Summit, batch
from summitry.errors import (
    AbortedError,
    AlreadyExistsError,
    FailedPreconditionError,
    InvalidArgumentError,
    NotFoundError,
)
from summitry.v1.feed_pb2 import Feed
from summitry.v1.record_pb2 import VerbNote, Visibility

NAME = "calendars/c/summits/s"


@pytest.fixture
def client(connect: Callable[..., Any], service: Any) -> Any:
    client = connect(service.grpc)
    client.create(Calendar(name="calendars/c"))
    return client


def test_versions_name_what_they_changed(client: Any) -> None:
    client.create(Summit(name=NAME))
    client.update(Summit(name=NAME, series="x"))
    newest, oldest = client.history(NAME, changed_paths=True)
    assert (list(newest.changed_paths), list(oldest.changed_paths)) == (["series"], [])
    changes = client.sync("calendars/c", log_start=True, changed_paths=True)
    assert [list(change.changed_paths) for change in changes] == [[], [], ["series"]]


def test_batch_answers_with_versions(client: Any) -> None:
    (version,) = client.batch_write_versions([batch.create(Summit(name=NAME))], reason="why")
    assert (version.name, version.etag) == (NAME, client.get(NAME).etag)
    (tried,) = client.batch_write_versions([batch.delete(NAME)], validate_only=True)
    assert (tried.name, tried.etag) == (NAME, "")


def test_each_write_can_be_tried(client: Any) -> None:
    summit = client.create(Summit(name=NAME, titles=[LocalizedText(text="x")]))
    snapshot = client.header.snapshot
    feed = client.create(
        Feed(name="calendars/c/feeds/f", visibility=Visibility.VISIBILITY_INTERNAL)
    )
    token = client.issue_feed_token(feed.name).token
    before = client.header.revision
    for tried in (
        client.create(Summit(name=f"{NAME}-2"), validate_only=True),
        client.update(Summit(name=NAME, series="x"), validate_only=True),
        client.transition("confirm", NAME, validate_only=True),
        client.delete(NAME, validate_only=True),
        client.restore(feed.name, client.header.snapshot, validate_only=True),
        client.issue_feed_token(feed.name, validate_only=True),
        client.revoke_feed_token(token.name, validate_only=True),
    ):
        assert tried.ByteSize()
    assert client.header.revision == before and client.get(NAME) == summit
    client.delete(NAME)
    client.undelete(NAME, validate_only=True)
    client.purge(NAME, validate_only=True)
    client.restore(NAME, snapshot, validate_only=True)
    assert client.header.revision == before + 1


def test_batch_is_written_in_one_revision(client: Any) -> None:
    before = client.header.revision
    summit, meeting = Summit(name=NAME), Meeting(name="calendars/c/meetings/m", parent_event=NAME)
    writes = [
        batch.create(summit),
        batch.create(meeting),
        batch.update(Summit(name=NAME, series="x")),
    ]
    tried = client.batch_write(writes, validate_only=True)
    assert client.header.revision == before
    stored = client.batch_write(writes, preconditions=[batch.absent(NAME)], reason="the programme")
    assert (
        [type(record) for record in stored] == [Summit, Meeting, Summit] == list(map(type, tried))
    )
    assert client.header.revision == before + 1
    assert client.get(NAME) == stored[2] and stored[2].series == "x"
    with pytest.raises(AlreadyExistsError) as failure:
        client.batch_write([batch.create(Summit(name="calendars/c/summits/t")), writes[0]])
    assert failure.value.field == "writes[1].create.summit.name"
    with pytest.raises(AlreadyExistsError):
        client.batch_write([batch.delete(meeting.name)], preconditions=[batch.absent(NAME)])
    with pytest.raises(AbortedError):
        client.batch_write(
            [batch.delete(meeting.name)],
            preconditions=[batch.unchanged(Summit(name=NAME, etag='"x"'))],
        )
    cleared = batch.update(Summit(name=NAME, edition=24), ["series", "edition"])
    (changed,) = client.batch_write([cleared], preconditions=[batch.unchanged(stored[2])])
    assert (changed.series, changed.edition) == ("", 24)
    (confirmed,) = client.batch_write(
        [batch.transition("confirm", NAME, VerbNote(reason="a note"))]
    )
    assert confirmed.status_changes[0].reason == "a note"
    upsert = batch.update(Summit(name="calendars/c/summits/t"), allow_missing=True)
    assert client.batch_write([upsert])[0].name == "calendars/c/summits/t"


def test_deleted_record_is_undeleted_until_it_is_purged(client: Any) -> None:
    client.create(Summit(name=NAME, series="x"))
    first = client.header.snapshot
    with pytest.raises(AlreadyExistsError, match="not deleted"):
        client.undelete(NAME)
    with pytest.raises(FailedPreconditionError):
        client.purge(NAME)
    client.update(Summit(name=NAME, series="y"))
    deleted = client.delete(NAME, reason="made in error")
    assert client.undelete(NAME, deleted.etag).series == "y"
    client.delete(NAME)
    assert client.restore(NAME, first, reason="as first told").series == "x"
    entries = [
        (version.entry.method, version.entry.reason)
        for version in client.history(NAME, page_size=2)
    ]
    assert entries == [
        ("RestoreSummit", "as first told"),
        ("DeleteSummit", ""),
        ("UndeleteSummit", ""),
        ("DeleteSummit", "made in error"),
        ("UpdateSummit", ""),
        ("CreateSummit", ""),
    ]
    client.delete(NAME)
    assert client.purge(NAME).name == NAME
    with pytest.raises(NotFoundError, match="purged"):
        client.get(NAME)
    exported = client.export_records(show_deleted=True, include_hidden=True)
    assert [record.name for record in exported] == ["calendars/c"]


def test_past_is_read_by_snapshot_and_by_time(client: Any, clock: Any) -> None:
    first = client.create(Summit(name=NAME, series="x"))
    snapshot = client.header.snapshot
    then = datetime.fromtimestamp(clock.time, UTC)
    clock.time += 3600
    client.update(Summit(name=NAME, series="y"))
    for when in (snapshot, then, then + timedelta(minutes=59)):
        assert client.get(NAME, Summit, as_of=when) == first
        assert client.batch_get([NAME], as_of=when) == [first]
        assert list(client.list(Summit, "calendars/c", as_of=when)) == [first]
        assert list(client.agenda("calendars/c", first_date="2024-07-03", as_of=when)) == []
        assert client.revision(NAME, when).record.summit == first
    assert client.revision(NAME).record.summit.series == "y"
    changed = client.diff(NAME, snapshot)
    assert [
        (difference.field_path, difference.old_value, difference.new_value)
        for difference in changed.differences
    ] == [("series", "x", "y")]
    assert [difference.field_path for difference in client.diff(NAME).differences] == ["series"]
    with pytest.raises(InvalidArgumentError) as forged:
        client.get(NAME, as_of=snapshot[:-2] + "AA")
    assert forged.value.reason == "INVALID_SNAPSHOT"
    with pytest.raises(InvalidArgumentError, match="99 is a revision: give the snapshot"):
        client.get(NAME, as_of=99)
    with pytest.raises(InvalidArgumentError, match="not an instant"):
        client.get(NAME, as_of=datetime(2024, 7, 3))
    with pytest.raises(NotFoundError):
        client.revision(NAME, then - timedelta(days=1))


def test_repeated_request_id_writes_once(client: Any) -> None:
    own = str(uuid.uuid4())
    first = client.create(Summit(series="x"), "calendars/c", request_id=own)
    assert client.create(Summit(series="x"), "calendars/c", request_id=own) == first
    with pytest.raises(InvalidArgumentError) as reused:
        client.delete(first.name, request_id=own)
    assert reused.value.reason == "REQUEST_ID_REUSED"
    second = client.create(Summit(series="x"), "calendars/c")
    assert second.name != first.name, "without one, each call is a new request"
