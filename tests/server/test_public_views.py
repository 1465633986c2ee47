"""What everybody may see: one rule for changes, exports, feeds and pages."""

from __future__ import annotations

import urllib.error
import urllib.request
from typing import Any

import pytest
from google.protobuf.field_mask_pb2 import FieldMask

from summitry import Client
from summitry.zones import rfc3339

SECRET, PUBLIC = "VISIBILITY_SECRET", "VISIBILITY_PUBLIC"
UPSERT, LEFT_VIEW = "CHANGE_KIND_UPSERT", "CHANGE_KIND_LEFT_VIEW"
VIEW = {"parent": "calendars/-", "public_only": True}
SUMMIT = "calendars/c/summits/s"
WHY = "a reason that nobody outside may read"


@pytest.fixture
def api(service: Any, api_class: Any) -> Any:
    api = api_class(service.channel)
    api.create("calendars", "c")
    return api


class Follower:
    """A view that is read by ListChanges, page by page."""

    def __init__(self, api: Any, page_size: int = 100) -> None:
        self.api, self.page_size = api, page_size
        self.view: dict[str, Any] = {}
        self.token = ""
        self.read()

    def read(self) -> list[Any]:
        """Return the changes since the last look, kept as the view that they make."""
        changes: list[Any] = []
        more = True
        while more:
            begin = {"token": self.token} if self.token else {"initial": {}}
            page = self.api("ListChanges", view=VIEW, page_size=self.page_size, **begin)
            changes += page.changes
            self.token, more = page.next_token, page.more
        for change in changes:
            self.view.pop(change.name, None)
            if change.kind == 1:
                self.view[change.name] = change.record
        return changes


def update(api: Any, name: str, reason: str = "", **fields: Any) -> Any:
    parts = name.split("/")
    noun = (parts[2] if len(parts) > 2 else parts[0])[:-1]
    sent = {noun: {"name": name, **fields}}
    mask = FieldMask(paths=list(fields)).ToJsonString()
    return api(f"Update{noun.capitalize()}", reason=reason, update_mask=mask, **sent)


def entry(change: Any) -> tuple[str, str, str]:
    return change.entry.actor, change.entry.reason, change.entry.request_id


def test_removal_of_a_hidden_record_has_no_actor_and_no_reason(api: Any, clock: Any) -> None:
    api.create("summits", "s", titles=[{"text": "S"}])
    follower = Follower(api)
    clock.time += 5
    update(api, SUMMIT, reason=WHY, visibility=SECRET)
    update(api, SUMMIT, reason=WHY, titles=[{"text": "T"}])
    (change,) = follower.read()
    assert (change.name, change.kind, entry(change)) == (SUMMIT, 3, ("", "", ""))
    assert change.entry.time.seconds == clock.time
    update(api, SUMMIT, reason="declassified", visibility=PUBLIC)
    (change,) = follower.read()
    assert (change.kind, change.entry.reason) == (1, "declassified")


@pytest.mark.parametrize("initial", [True, False])
def test_reason_of_a_version_under_embargo_is_not_told_later(
    api: Any, clock: Any, initial: bool
) -> None:
    follower = Follower(api)
    until = rfc3339(clock.time + 100)
    api(
        "CreateSummit",
        parent="calendars/c",
        summit_id="s",
        reason=WHY,
        summit={"embargo_until": until},
    )
    clock.time += 200
    start = {"initial": {}} if initial else {"token": follower.token}
    page = api("ListChanges", view=VIEW, **start)
    assert SUMMIT in {change.name for change in page.changes}
    assert WHY not in str(page)


CHILDREN = {
    "visits": {"summit": SUMMIT},
    "meetings": {"parent_event": SUMMIT},
    "notices": {"parent_event": SUMMIT},
    "delegations": {"engagements": [{"event": SUMMIT}, {"event": "calendars/c/visits/v"}]},
}


@pytest.mark.parametrize("collection", CHILDREN)
def test_name_of_a_hidden_parent_is_nowhere(service: Any, api: Any, collection: str) -> None:
    parent, event = "calendars/c", SUMMIT
    fields: dict[str, Any] = CHILDREN[collection]
    api.create("visits", "v")
    api.create("summits", "s", visibility=SECRET)
    api.create(collection, "child", titles=[{"text": "Child"}], **fields)
    name = f"{parent}/{collection}/child"
    follower = Follower(api)
    with Client(service.grpc) as client:
        exported = [record for record in client.export_records(parent)]
        (child,) = (record for record in exported if record.name == name)
        whole = [r for r in client.export_records(parent, include_hidden=True) if r.name == name]
    for message in (child, follower.view[name]):
        assert event not in str(message)
    assert event in str(whole[0])
    if collection == "delegations":
        assert "calendars/c/visits/v" in str(child), "what is public stays"
    update(api, name, titles=[{"text": "Changed"}])
    (change,) = follower.read()
    assert event not in str(change) and "Changed" in str(change)
    update(api, SUMMIT, visibility=PUBLIC)
    assert event in str(Follower(api).view[name])


@pytest.mark.parametrize("page_size", [1, 2, 100])
def test_records_come_and_leave_with_their_calendar(api: Any, page_size: int) -> None:
    names = {f"calendars/c/meetings/m{number}" for number in range(5)}
    for number in range(5):
        api.create("meetings", f"m{number}")
    api.create("meetings", "hidden", visibility=SECRET)
    follower = Follower(api, page_size)
    assert follower.view.keys() == {"calendars/c", *names}
    update(api, "calendars/c", reason=WHY, visibility=SECRET)
    changes = follower.read()
    assert {change.name for change in changes} == {"calendars/c", *names}
    assert {change.kind for change in changes} == {3}
    assert not follower.view and WHY not in str(changes)
    assert not Follower(api).view

    update(api, "calendars/c/meetings/m1", reason=WHY, titles=[{"text": "While it was hidden"}])
    api("DeleteMeeting", name="calendars/c/meetings/m2")
    assert not follower.read()
    update(api, "calendars/c", visibility=PUBLIC)
    changes = follower.read()
    assert WHY not in str(changes)
    assert follower.view == Follower(api).view
    assert follower.view.keys() == {"calendars/c", *names} - {"calendars/c/meetings/m2"}
    assert "While it was hidden" in str(follower.view["calendars/c/meetings/m1"])


def test_records_come_when_the_embargo_of_their_calendar_ends(api: Any, clock: Any) -> None:
    update(api, "calendars/c", embargo_until=rfc3339(clock.time + 100))
    api.create("meetings", "m")
    follower = Follower(api)
    assert not follower.view
    clock.time += 200
    follower.read()
    assert follower.view.keys() == {"calendars/c", "calendars/c/meetings/m"}


def test_every_public_way_follows_the_calendar(service: Any, api: Any) -> None:
    api.create("meetings", "m", titles=[{"text": "Plenary"}])
    api.create("feeds", "f")

    def visible_ways() -> list[bool]:
        with Client(service.grpc) as client:
            exported = any("Plenary" in str(record) for record in client.export_records())
        paths = ("/feeds/c.ics", "/feeds/c/f.ics", "/calendars/c", "/calendars/c/f")
        followed = "calendars/c/meetings/m" in Follower(api).view
        return [exported, followed, *(reads(service, path) for path in paths)]

    assert visible_ways() == [True, True, True, True, True, True]
    update(api, "calendars/c", visibility=SECRET)
    assert visible_ways() == [False] * 6


def reads(service: Any, path: str) -> bool:
    try:
        with urllib.request.urlopen(service.http + path, timeout=10) as reply:
            return reply.status == 200
    except urllib.error.HTTPError as error:
        assert error.code == 404
        return False
