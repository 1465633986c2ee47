"""Uses of feed tokens: noted together, kept when the store is away, and noted at the end."""

from __future__ import annotations

from typing import Any

import pytest

from summitry_server.store.errors import StoreUnavailableError

FEED = "calendars/c/feeds/f"
AWAY = StoreUnavailableError("the store is away")


@pytest.fixture
def tokens(start: Any, api_class: Any) -> Any:
    """Return a service with a feed, its API, and what redeems tokens."""
    service = start("--http", "off")
    api = api_class(service.channel)
    api.create("calendars", "c")
    api.create("feeds", "f")
    return service, api, service.application._feed_tokens


def used(api: Any) -> dict[str, int]:
    """Return the second of the last use of each token, by its label."""
    tokens = api("ListFeedTokens", parent=FEED).tokens
    return {token.label: token.use_time.seconds for token in tokens}


def issue(api: Any, label: str) -> str:
    secret: str = api("IssueFeedToken", name=FEED, label=label).secret
    return secret


def test_uses_outlive_a_flush_that_fails(
    tokens: Any, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    service, api, feed_tokens = tokens
    early, late = issue(api, "early"), issue(api, "late")
    feed_tokens.redeem(early)
    feed_tokens.redeem(late)
    first = clock.time

    def fail(operation: Any, entry: Any) -> None:
        clock.time += 60
        feed_tokens.redeem(late)  # while the write is under way
        raise AWAY

    with monkeypatch.context() as patched:
        patched.setattr(service.application.backend.store, "write", fail)
        with pytest.raises(StoreUnavailableError):
            feed_tokens.flush()
    assert used(api) == {"early": 0, "late": 0}
    feed_tokens.flush()
    assert used(api) == {"early": first, "late": first + 60}, "the newer use of a token counts"


def test_flush_notes_each_use_once(
    tokens: Any, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    service, api, feed_tokens = tokens
    feed_tokens.redeem(issue(api, "desk"))
    feed_tokens.flush()
    monkeypatch.setattr(service.application.backend.store, "write", lambda *_: pytest.fail("twice"))
    feed_tokens.flush()
    assert used(api) == {"desk": clock.time}


def test_end_of_the_server_notes_the_last_uses(
    start: Any, api_class: Any, tmp_path: Any, clock: Any
) -> None:
    options = ("--http", "off", "--store", f"sqlite:///{tmp_path}/s.db")
    service = start(*options)
    api = api_class(service.channel)
    api.create("calendars", "c")
    api.create("feeds", "f")
    secret = issue(api, "desk")
    clock.time += 60
    api("RedeemFeedToken", secret=secret)
    service.application.stop()
    assert used(api_class(start(*options).channel)) == {"desk": clock.time}


def test_end_of_the_server_survives_a_store_that_is_away(
    tokens: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    service, api, feed_tokens = tokens
    feed_tokens.redeem(issue(api, "desk"))

    def fail(operation: Any, entry: Any) -> None:
        raise AWAY

    with monkeypatch.context() as patched:
        patched.setattr(service.application.backend.store, "write", fail)
        feed_tokens.close()
    assert "the last uses of feed tokens are not noted" in caplog.text
