"""The calendars that a gateway follows: what changes while one is read, and the bound."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from summitry import Client
from summitry.errors import UnavailableError
from summitry.kinds import BY_COLLECTION
from summitry.v1.summit_pb2 import Summit
from summitry.web.feeds import following
from summitry.web.feeds.following import FollowedFeeds
from tests.waiting import wait_until

LATE = "calendars/c/summits/late"


@pytest.fixture
def desk(service: Any) -> Iterator[Client]:
    with Client(service.grpc) as client:
        for calendar_id in ("b", "c"):
            calendar = BY_COLLECTION["calendars"].message(titles=[{"text": calendar_id}])
            client.create(calendar, id=calendar_id)
        yield client


@pytest.fixture
def followed(service: Any, desk: Client, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Follow one calendar at most."""
    monkeypatch.setattr(following, "CALENDARS", 1)
    with Client(service.grpc) as client:
        feeds = FollowedFeeds(client)
        assert feeds.wait(20.0)
        yield feeds
        feeds.close()


def add_summit(desk: Client, followed: FollowedFeeds) -> None:
    """Store a summit, and wait until the watch has brought it."""
    before = followed.stamp()
    record = Summit(titles=[{"text": "Late", "language_code": "en"}])
    record.time.dates.first_date = record.time.dates.last_date = "2024-07-03"
    desk.create(record, "calendars/c", "late")
    wait_until(lambda: followed.stamp() != before)


def test_change_during_the_first_reading_is_read_next(
    desk: Client, followed: FollowedFeeds, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert followed.content("b", None)  # has to make room
    read = followed._read

    def read_then_change(name: str, previous: Any) -> Any:
        content = read(name, previous)
        add_summit(desk, followed)
        return content

    with monkeypatch.context() as patch:
        patch.setattr(followed, "_read", read_then_change)
        first = followed.content("c", None)
    assert first is not None and LATE not in first.records
    second = followed.content("c", first)
    assert second is not None and LATE in second.records


def test_calendar_that_made_room_is_read_again(desk: Client, followed: FollowedFeeds) -> None:
    first = followed.content("c", None)
    assert followed.content("c", first) is first
    followed.content("b", None)
    add_summit(desk, followed)
    again = followed.content("c", first)
    assert again is not None and LATE in again.records


def test_changes_before_a_failed_reading_are_not_lost(
    desk: Client, followed: FollowedFeeds, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The view has them already, and does not get them again."""
    first = followed.content("c", None)
    add_summit(desk, followed)
    real = followed._client.sync

    def break_off(*args: Any, **kwargs: Any) -> Iterator[Any]:
        yield from real(*args, **kwargs)
        raise UnavailableError("away")

    with monkeypatch.context() as patch:
        patch.setattr(followed._client, "sync", break_off)
        assert followed.content("c", first) is first
    second = followed.content("c", first)
    assert second is not None and LATE in second.records
