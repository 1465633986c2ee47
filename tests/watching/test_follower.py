"""The follower as a state machine, without a server."""

from __future__ import annotations

from typing import Any

import pytest

from summitry.errors import CallError
from summitry.v1.change_service_pb2 import (
    Change,
    ChangeKind,
    ChangeView,
    ListChangesResponse,
    ResetReason,
    WatchChangesResponse,
)
from summitry.watching.follower import MOST_OFFERED, Follower

VIEW = ChangeView(parent="calendars/c")


def upsert(
    name: str, revision: int, position: int = 0, *, by_time: bool = False, last: bool = True
) -> Change:
    change = Change(
        kind=ChangeKind.CHANGE_KIND_UPSERT,
        name=name,
        revision=revision,
        position=position,
        last=last,
    )
    change.record.summit.name, change.record.summit.etag = name, f"e{revision}"
    return change if by_time else write(change)


def removal(name: str, revision: int) -> Change:
    kind = ChangeKind.CHANGE_KIND_LEFT_VIEW
    return write(Change(kind=kind, name=name, revision=revision, last=True))


def write(change: Change) -> Change:
    change.entry.actor = "desk"
    return change


CHANGES_GONE = ResetReason.RESET_REASON_CHANGES_GONE
AHEAD = ResetReason.RESET_REASON_AHEAD_OF_STORE


def message(
    event: str,
    *changes: Change,
    token: str = "t",
    revision: int = 0,
    reason: ResetReason = CHANGES_GONE,
) -> Any:
    sent = WatchChangesResponse(token=token)
    getattr(sent, event.lower()).SetInParent()
    if changes:
        sent.changes.changes.extend(changes)
    sent.header.revision = revision
    if event == "RESET":
        sent.reset.reason = reason
    return sent


def take(follower: Follower, *messages: Any) -> list[tuple[str, int]]:
    """Return what the consumer is told: name and revision, negative for removals."""
    return [
        (c.name, c.revision if c.kind == ChangeKind.CHANGE_KIND_UPSERT else -c.revision)
        for message_ in messages
        for c in follower.take(message_).changes
    ]


def test_delivered_change_is_not_delivered_again() -> None:
    follower = Follower(VIEW, "t")
    take(follower, message("CAUGHT_UP", revision=5))
    batch = message("CHANGES", upsert("a", 6), upsert("b", 6, 1), revision=6)
    assert take(follower, batch) == [("a", 6), ("b", 6)]
    assert take(follower, batch) == []
    changes = message("CHANGES", upsert("b", 6, 1), upsert("a", 7), revision=7)
    assert take(follower, changes) == [("a", 7)]


def test_changes_up_to_a_checkpoint_are_not_delivered_again() -> None:
    follower = Follower(VIEW, "t")
    late = message("CHANGES", upsert("a", 7))
    assert take(follower, message("CAUGHT_UP", revision=6), message("CHECKPOINT", revision=7)) == []
    assert take(follower, late) == []


def test_changes_by_passing_time_are_outside_the_order() -> None:
    follower = Follower(VIEW, "t")
    take(follower, message("CAUGHT_UP", revision=9))
    slid = message("CHANGES", upsert("a", 9, by_time=True), revision=9)
    assert take(follower, slid) == [("a", 9)]


def test_a_large_revision_waits_for_its_end() -> None:
    """The server splits it; a consumer sees it whole, and keeps no token from within."""
    follower = Follower(VIEW, "t")
    take(follower, message("CAUGHT_UP", token="before", revision=5))
    parts = [upsert(name, 7, number, last=name == "d") for number, name in enumerate("abcd")]
    small = upsert("s", 6)
    batch = follower.take(message("CHANGES", small, *parts[:2], token="within", revision=6))
    assert [(change.name, batch.token) for change in batch.changes] == [("s", "before")]
    assert follower.watch_request().token == "within"
    assert take(follower, message("CHANGES", parts[2], token="within 2", revision=6)) == []
    batch = follower.take(message("CHANGES", parts[3], token="after", revision=7))
    assert [change.name for change in batch.changes] == ["a", "b", "c", "d"]
    assert batch.token == follower.token == "after"


@pytest.mark.parametrize("event", ["RESET", "CHECKPOINT"])
def test_a_part_is_not_lost(event: str) -> None:
    follower = Follower(VIEW, "t", known_etags={})
    take(follower, message("CAUGHT_UP", revision=5))
    assert take(follower, message("CHANGES", upsert("a", 7, last=False), revision=6)) == []
    assert take(follower, message(event, revision=7)) == [("a", 7)]


def test_a_state_that_goes_on_in_another_process_is_in_the_order_of_names() -> None:
    follower = Follower(VIEW, "from within a state")
    sent = message("CHANGES", upsert("a", 9), upsert("b", 2), upsert("c", 5), revision=9)
    assert take(follower, sent) == [("a", 9), ("b", 2), ("c", 5)]


@pytest.mark.parametrize("offered", [True, False])
def test_reset_delivers_only_the_difference(offered: bool) -> None:
    etags = {"same": "e1", "changed": "e1", "gone": "e1"}
    follower = Follower(VIEW, "old", known_etags=etags)
    reset = message("RESET", token="reset")
    if offered:
        assert follower.should_offer_etags(reset)
        request = follower.watch_request()
        assert (dict(request.held), request.token) == (etags, "reset")
        assert not follower.should_offer_etags(reset)
        state = [upsert("changed", 7), removal("gone", 7), upsert("new", 8)]
    else:
        state = [upsert("changed", 7), upsert("new", 8), upsert("same", 1)]
    delivered = take(follower, reset, message("CHANGES", *state), message("CAUGHT_UP", revision=9))
    assert sorted(delivered) == [("changed", 7), ("gone", -7 if offered else -9), ("new", 8)]
    assert take(follower, message("CHECKPOINT", revision=9)) == []
    assert dict(follower.watch_request().held) == {}


@pytest.mark.parametrize(
    ("metadata", "reason"),
    [
        ({"reset_reason": "RESET_REASON_STORE_RESTORED"}, ResetReason.RESET_REASON_STORE_RESTORED),
        ({"reset_reason": "RESET_REASON_OF_A_LATER_VERSION"}, CHANGES_GONE),
        ({}, CHANGES_GONE),
    ],
    ids=["restored", "unknown", "not said"],
)
def test_a_sync_that_begins_again_says_why(metadata: dict[str, str], reason: ResetReason) -> None:
    follower = Follower(VIEW, "old", known_etags={"a": "e1"})
    error = CallError("gone", reason="CHANGES_GONE", metadata=metadata)
    assert follower.restart(error).reset_reason == reason


def test_no_etag_is_trusted_when_the_store_has_gone_back() -> None:
    """Its revisions are given a second time, and etags with them."""
    follower = Follower(VIEW, "old", known_etags={"a": "e7", "gone": "e8"})
    reset = message("RESET", token="reset", reason=AHEAD)
    assert follower.should_offer_etags(reset)
    assert dict(follower.watch_request().held) == {"a": "", "gone": ""}
    delivered = take(follower, reset, message("CHANGES", upsert("a", 7), removal("gone", 7)))
    assert delivered == [("a", 7), ("gone", -7)]


def test_reset_with_more_etags_than_a_request_delivers_the_difference() -> None:
    etags = {f"s{number:05}": "e1" for number in range(2 * MOST_OFFERED)}
    follower = Follower(VIEW, "old", known_etags=etags)
    reset = message("RESET", token="reset")
    assert follower.should_offer_etags(reset)
    offered = follower.watch_request().held
    assert len(offered) == MOST_OFFERED
    rest = [upsert(name, 1) for name in etags if name not in offered][1:]
    delivered = take(follower, reset, message("CHANGES", *rest), message("CAUGHT_UP", revision=9))
    assert delivered == [(f"s{MOST_OFFERED:05}", -9)]


def test_a_break_within_a_difference_begins_it_again() -> None:
    follower = Follower(VIEW, "old", known_etags={"a": "e1", "b": "e1", "gone": "e1"})
    reset = message("RESET", token="reset")
    assert follower.should_offer_etags(reset)
    follower.watch_request()
    first = take(
        follower, reset, message("CHANGES", upsert("a", 7), removal("gone", 7), token="reset")
    )
    assert first == [("a", 7), ("gone", -7)]
    again = follower.watch_request()
    assert dict(again.held) == {"a": "e7", "b": "e1"}
    delivered = take(
        follower, reset, message("CHANGES", removal("b", 8)), message("CAUGHT_UP", revision=9)
    )
    assert delivered == [("b", -8)]


def test_partial_state_leaves_the_token_unchanged() -> None:
    """A part of a state saves no token: another process would have to begin again."""
    follower = Follower(VIEW, initial=True, known_etags={"gone": "e1"})
    half = follower.take(message("CHANGES", upsert("a", 7), token="half"))
    assert (half.token, follower.token) == ("", "")
    assert follower.watch_request().token == "half"
    whole = follower.take(message("CAUGHT_UP", token="whole", revision=9))
    assert [change.name for change in whole.changes] == ["gone"]
    assert whole.token == "whole"
    assert whole.caught_up


@pytest.mark.parametrize(
    ("token", "etags", "knows"),
    [("", None, True), ("t", None, False), ("t", {}, True), ("t", {"a": "e1"}, True)],
)
def test_follower_knows_all_from_token_or_etags(token: str, etags: Any, knows: bool) -> None:
    assert Follower(VIEW, token, known_etags=etags).knows_all is knows


def test_a_sync_begins_again_when_the_log_is_gone() -> None:
    follower = Follower(VIEW, "old", initial=True, known_etags={"a": "e1", "gone": "e1"})
    batch = follower.restart(CallError("gone", reason="CHANGES_GONE"))
    assert (batch.token, batch.reset_reason) == ("old", ResetReason.RESET_REASON_CHANGES_GONE)
    request = follower.list_request()
    assert request.WhichOneof("start") == "initial"
    page = ListChangesResponse(changes=[upsert("a", 1)], next_token="half", more=True)
    assert follower.take_page(page) == ("changes", [], "old", 0, False, 0)
    page = ListChangesResponse(changes=[upsert("b", 7)], next_token="whole")
    page.header.revision = 8
    last = follower.take_page(page)
    assert [change.name for change in last.changes] == ["b", "gone"]
    assert (last.token, last.revision, last.caught_up) == ("whole", 8, True)
    with pytest.raises(CallError):
        follower.restart(CallError("another", reason="INVALID_CHANGE_TOKEN"))
