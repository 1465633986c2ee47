"""Deletion in two steps: marked, taken back, purged for good; and earlier versions restored."""

from __future__ import annotations

from typing import Any

import pytest

from summitry.kinds import KINDS, Kind
from summitry.statuses import verb_word
from summitry_server.jobs.purge import purging

DAY = 86_400
NAME = "calendars/c/summits/s"
KIND_IDS = [kind.collection for kind in KINDS]


def purge(api: Any, name: str = NAME) -> Any:
    return api("BatchWrite", writes=[{"purge": {"name": name}}])


def restore(api: Any, revision: int, name: str = NAME, **fields: Any) -> Any:
    write = {"restore": {"name": name, **api.at(revision)}}
    return api("BatchWrite", writes=[write], **fields).records[0]


@pytest.mark.parametrize("kind", KINDS, ids=KIND_IDS)
def test_a_deletion_is_taken_back(api: Any, clock: Any, kind: Any) -> None:
    noun, message_name = kind.singular, kind.message.DESCRIPTOR.name
    created = api.create(kind.collection, "r", labels={"k": "v"})
    deleted = getattr(api(f"Delete{message_name}", name=created.name), noun)
    clock.time += 60
    stale = api.refusal(f"Undelete{message_name}", name=created.name, etag=created.etag)
    assert stale.reason == "ETAG_MISMATCH"
    back = getattr(api(f"Undelete{message_name}", name=created.name, etag=deleted.etag), noun)
    assert not back.HasField("delete_time") and back.labels == {"k": "v"}
    assert (back.ical_uid, back.sequence) == (created.ical_uid, created.sequence + 2)
    assert getattr(api(f"Get{message_name}", name=created.name), noun) == back
    again = api.refusal(f"Undelete{message_name}", name=created.name)
    assert (again.code, again.reason, again.field) == (
        "ALREADY_EXISTS",
        "RECORD_NOT_DELETED",
        "name",
    )
    missing = f"calendars/{'none' if noun == 'calendar' else f'c/{kind.collection}/none'}"
    assert api.refusal(f"Undelete{message_name}", name=missing).reason == "RECORD_NOT_FOUND"


def test_undelete_needs_the_parent(api: Any) -> None:
    api.create("summits", "s")
    meeting = api.create("meetings", "m", parent_event=NAME)
    api("DeleteMeeting", name=meeting.name)
    api("DeleteSummit", name=NAME)
    refusal = api.refusal("UndeleteMeeting", name=meeting.name)
    assert (refusal.reason, refusal.metadata["name"]) == ("PARENT_NOT_FOUND", NAME)
    api("DeleteCalendar", name="calendars/c")
    refusal = api.refusal("UndeleteSummit", name=NAME)
    assert (refusal.reason, refusal.metadata["name"]) == ("PARENT_NOT_FOUND", "calendars/c")
    api("UndeleteCalendar", name="calendars/c")
    api("UndeleteSummit", name=NAME)
    api("UndeleteMeeting", name=meeting.name)


def test_a_purged_record_is_nowhere(api: Any, make: Any) -> None:
    title = [{"text": "A secret title", "language_code": "en"}]
    api.create("summits", "s", titles=title, time=make.dates("2024-07-03"), ical_uid="u@x")
    api("DeleteSummit", name=NAME)
    tombstone = purge(api).records[0].summit
    assert (tombstone.name, tombstone.ical_uid) == (NAME, "u@x")
    assert tombstone.purge_time.seconds and not tombstone.titles and not tombstone.HasField("time")
    for rpc in ("GetSummit", "ListRevisions", "GetRevision", "UndeleteSummit", "DeleteSummit"):
        refusal = api.refusal(rpc, name=NAME)
        assert refusal.reason == "RECORD_NOT_FOUND", rpc
        assert "purged" in refusal.message, rpc
    assert not api("ListSummits", parent="calendars/c", show_deleted=True).summits
    name_refusal = api.refusal("CreateSummit", parent="calendars/c", summit_id="s", summit={})
    assert name_refusal.reason == "RECORD_EXISTS" and "purged" in name_refusal.message
    assert (
        api.refusal("BatchWrite", writes=[{"purge": {"name": NAME}}]).reason == "RECORD_NOT_FOUND"
    )
    uid_refusal = api.refusal(
        "CreateSummit", parent="calendars/c", summit_id="t", summit={"ical_uid": "u@x"}
    )
    assert uid_refusal.reason == "UID_EXISTS"


@pytest.mark.parametrize("kind", KINDS, ids=KIND_IDS)
def test_each_kind_of_record_is_purged_by_its_service(api: Any, kind: Kind, clock: Any) -> None:
    noun, message_name = kind.singular, kind.message.DESCRIPTOR.name
    rpc = f"Purge{message_name}"
    created = api.create(kind.collection, "r", titles=[{"text": "A title"}])
    live = api.refusal(rpc, name=created.name)
    assert (live.code, live.reason, live.field) == ("FAILED_PRECONDITION", "RECORD_LIVE", "name")
    deleted = getattr(api(f"Delete{message_name}", name=created.name), noun)
    stale = api.refusal(rpc, name=created.name, etag=created.etag)
    assert (stale.reason, stale.field) == ("ETAG_MISMATCH", "etag")
    head = api.revision()
    checked = api(rpc, name=created.name, etag=deleted.etag, validate_only=True)
    assert (checked.header.revision, api.revision()) == (head, head)
    assert getattr(api(f"Get{message_name}", name=created.name), noun) == deleted
    purged = api(rpc, name=created.name, etag=deleted.etag, reason="entered by mistake")
    grave = getattr(purged, noun)
    assert (grave.name, grave.ical_uid, list(grave.titles)) == (created.name, created.ical_uid, [])
    assert grave.purge_time.seconds == clock.time
    assert purged.header.revision == grave.revision == head + 1
    assert api.refusal(rpc, name=created.name).reason == "RECORD_NOT_FOUND"


def test_followers_hear_of_a_purge_wherever_they_stand(api: Any) -> None:
    view = {"parent": "calendars/c"}
    tokens = [api("ListChanges", view=view, log_start={}).next_token]
    api.create("summits", "s", series="x")
    tokens.append(api("ListChanges", view=view, token=tokens[-1]).next_token)
    api("DeleteSummit", name=NAME)
    purge(api)
    for token in tokens:
        changes = api("ListChanges", view=view, token=token).changes
        assert [(c.kind, c.name) for c in changes] == [(2, NAME)]  # DELETE
        assert not changes[0].record.summit.series


def test_lists_of_deleted_records_pass_over_purged_ones(api: Any) -> None:
    for number in range(6):
        api.create("summits", f"s{number}")
        api("DeleteSummit", name=f"calendars/c/summits/s{number}")
    for number in (0, 1, 3):
        purge(api, f"calendars/c/summits/s{number}")
    collected, token = [], ""
    while True:
        page = api(
            "ListSummits", parent="calendars/c", show_deleted=True, page_size=1, page_token=token
        )
        collected += [summit.name[-2:] for summit in page.summits]
        if not (token := page.next_page_token):
            break
    assert collected == ["s2", "s4", "s5"]


def test_an_earlier_version_becomes_the_newest(api: Any, make: Any, clock: Any) -> None:
    first = api.create("summits", "s", series="x", time=make.dates("2024-07-03"), labels={"a": "1"})
    clock.time += 60
    api("UpdateSummit", summit={"name": NAME, "series": "y", "time": make.dates("2024-07-04")})
    cancelled = api("CancelSummit", name=NAME, note={"reason": "heat"}).summit
    clock.time += 60
    back = restore(api, first.revision, reason="cancelled in error").summit
    assert (back.series, back.time.dates.first_date) == ("x", "2024-07-03")
    assert back.status == first.status and back.labels == first.labels
    assert (back.ical_uid, back.create_time) == (first.ical_uid, first.create_time)
    assert back.sequence == cancelled.sequence + 1
    assert [verb_word(c.verb) for c in back.status_changes] == ["cancel", "restore"]
    assert back.status_changes[1].reason == "cancelled in error"
    newest = api("ListRevisions", name=NAME).revisions[0]
    assert (newest.record.summit, newest.entry.reason) == (back, "cancelled in error")
    assert newest.entry.method == "BatchWrite"


def test_restoring_the_current_state_changes_nothing(api: Any) -> None:
    created = api.create("summits", "s", series="x")
    before = api.revision()
    assert restore(api, created.revision).summit == created
    assert api.revision() == before


def test_a_deleted_record_comes_back_as_it_was(api: Any) -> None:
    created = api.create("summits", "s", series="x")
    api("UpdateSummit", summit={"name": NAME, "series": "y"})
    deleted = api("DeleteSummit", name=NAME).summit
    refused = api.refusal(
        "BatchWrite", writes=[{"restore": {"name": NAME, **api.at(deleted.revision)}}]
    )
    assert refused.reason == "REVISION_NOT_FOUND", "it was deleted then"
    back = restore(api, created.revision).summit
    assert (back.series, back.sequence) == ("x", deleted.sequence + 1)
    assert not back.HasField("delete_time")


@pytest.mark.parametrize("engine", ["memory", "sqlite"])
def test_record_deleted_long_ago_is_purged(
    start: Any, api_class: Any, clock: Any, tmp_path: Any, engine: str
) -> None:
    url = "memory:" if engine == "memory" else f"sqlite:///{tmp_path}/s.db"
    service = start("--http", "off", "--purge-after", "30", "--store", url)
    api, purge_now = api_class(service.channel), purging(service.application.backend, clock.now)
    api.create("calendars", "c")
    for number in range(3):
        api.create("summits", f"s{number}")
    first = api("DeleteSummit", name="calendars/c/summits/s0").summit
    assert first.purge_time.seconds - first.delete_time.seconds == 30 * DAY
    clock.time += 10 * DAY
    api("DeleteSummit", name="calendars/c/summits/s1")
    back = api("UndeleteSummit", name="calendars/c/summits/s1").summit
    assert not back.HasField("purge_time")
    api("DeleteSummit", name="calendars/c/summits/s1")
    clock.time += 20 * DAY - 1
    purge_now()
    assert len(deleted(api)) == 2
    clock.time += 1
    purge_now()
    assert deleted(api) == ["calendars/c/summits/s1"]
    assert "purged" in api.refusal("GetSummit", name="calendars/c/summits/s0").message
    head = api.revision()
    purge_now()
    assert api.revision() == head, "nothing is purged twice"


def deleted(api: Any) -> list[str]:
    summits = api("ListSummits", parent="calendars/c", show_deleted=True).summits
    return [summit.name for summit in summits if summit.HasField("delete_time")]


def test_nothing_is_purged_unless_asked_for(api: Any, clock: Any) -> None:
    api.create("summits", "s")
    assert not api("DeleteSummit", name=NAME).summit.HasField("purge_time")


@pytest.mark.parametrize("kind", KINDS, ids=KIND_IDS)
def test_each_kind_of_record_is_restored_by_its_service(api: Any, kind: Kind) -> None:
    noun, message_name = kind.singular, kind.message.DESCRIPTOR.name
    rpc = f"Restore{message_name}"
    created = api.create(kind.collection, "r", titles=[{"text": "First"}])
    first = api.snapshot(created.revision)
    sent = {"name": created.name, "titles": [{"text": "Second"}]}
    changed = getattr(api(f"Update{message_name}", **{noun: sent}), noun)
    stale = api.refusal(rpc, name=created.name, snapshot=first, etag=created.etag)
    assert (stale.reason, stale.field) == ("ETAG_MISMATCH", "etag")
    empty = api.refusal(rpc, name=created.name)
    assert (empty.reason, empty.field) == ("REQUIRED_FIELD_MISSING", "snapshot")
    head = api.revision()
    request = {"name": created.name, "snapshot": first, "etag": changed.etag}
    checked = api(rpc, validate_only=True, **request)
    assert (checked.header.revision, api.revision()) == (head, head)
    answer = api(rpc, reason="the first title holds", **request)
    restored = getattr(answer, noun)
    assert restored.titles == created.titles
    assert answer.header.revision == restored.revision == head + 1
    newest = api("ListRevisions", name=created.name).revisions[0]
    assert (newest.entry.method, newest.entry.reason) == (rpc, "the first title holds")
