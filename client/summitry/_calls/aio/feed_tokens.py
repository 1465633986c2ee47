"""The secret tokens of feeds.

    with Client() as client:
        issued = client.issue_feed_token("calendars/astana-2024/feeds/press", "press desk")
        print(issued.path)  # this once: nothing can tell it again
        client.revoke_feed_token(issued.token.name)

Both clients have these methods. Errors are those of `summitry.errors`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any

from summitry._calls.call import Call, set_instant
from summitry._calls.methods import FEEDS
from summitry.v1.feed_pb2 import FeedToken
from summitry.v1.feed_service_pb2 import (
    GetCalendarStateRequest,
    GetCalendarStateResponse,
    IssueFeedTokenRequest,
    IssueFeedTokenResponse,
    ListFeedTokensRequest,
    RedeemFeedTokenRequest,
    RedeemFeedTokenResponse,
    RevokeFeedTokenRequest,
)


def _issue(name: str, label: str, expires: datetime | None) -> Call[Any]:
    request = IssueFeedTokenRequest(name=name, label=label)
    if expires is not None:
        set_instant(request.expire_time, expires, "expires")
    return Call(FEEDS["IssueFeedToken"], request, "")


def _tokens(feed: str) -> Call[Any]:
    return Call(FEEDS["ListFeedTokens"], ListFeedTokensRequest(parent=feed), "tokens")


def _revoke(name: str) -> Call[Any]:
    return Call(FEEDS["RevokeFeedToken"], RevokeFeedTokenRequest(name=name), "token")


def _redeem(secret: str) -> Call[Any]:
    return Call(FEEDS["RedeemFeedToken"], RedeemFeedTokenRequest(secret=secret), "")


def _state(name: str) -> Call[Any]:
    return Call(FEEDS["GetCalendarState"], GetCalendarStateRequest(name=name), "")


class FeedTokens:
    """How `Client` deals with the tokens of feeds."""

    _response: Callable[[Call[Any]], Any]
    _answer: Callable[[Call[Any]], Any]

    def issue_feed_token(
        self, feed: str, label: str = "", expires: datetime | None = None
    ) -> IssueFeedTokenResponse:
        """Make a token by which one reader, told apart by `label`, gets a feed.

        The response shows `secret` and `path` this once: nothing can tell them again. From
        `expires` on, which must have an offset, it reads no more; None: it never ends. Raises
        NotFoundError, InvalidArgumentError, ResourceExhaustedError.
        """
        response: IssueFeedTokenResponse = self._response(_issue(feed, label, expires))
        return response

    def feed_tokens(self, feed: str) -> Sequence[FeedToken]:
        """The tokens of a feed without their secrets, the oldest first. Raises NotFoundError."""
        tokens: Sequence[FeedToken] = self._answer(_tokens(feed))
        return tokens

    def revoke_feed_token(self, name: str) -> FeedToken:
        """End a token for good, and return it so. Raises NotFoundError."""
        token: FeedToken = self._answer(_revoke(name))
        return token

    def redeem_feed_token(self, secret: str) -> RedeemFeedTokenResponse:
        """What a secret reads; for gateways. Counts as its use.

        Raises NotFoundError, and FailedPreconditionError for one that reads no more.
        """
        response: RedeemFeedTokenResponse = self._response(_redeem(secret))
        return response

    def calendar_state(self, name: str) -> GetCalendarStateResponse:
        """How far a calendar has come, deletions included. Raises NotFoundError."""
        response: GetCalendarStateResponse = self._response(_state(name))
        return response


class AsyncFeedTokens:
    """How `AsyncClient` deals with the tokens of feeds."""

    _response: Callable[[Call[Any]], Awaitable[Any]]
    _answer: Callable[[Call[Any]], Awaitable[Any]]

    async def issue_feed_token(
        self, feed: str, label: str = "", expires: datetime | None = None
    ) -> IssueFeedTokenResponse:
        """See `FeedTokens.issue_feed_token`."""
        response: IssueFeedTokenResponse = await self._response(_issue(feed, label, expires))
        return response

    async def feed_tokens(self, feed: str) -> Sequence[FeedToken]:
        """See `FeedTokens.feed_tokens`."""
        tokens: Sequence[FeedToken] = await self._answer(_tokens(feed))
        return tokens

    async def revoke_feed_token(self, name: str) -> FeedToken:
        """See `FeedTokens.revoke_feed_token`."""
        token: FeedToken = await self._answer(_revoke(name))
        return token

    async def redeem_feed_token(self, secret: str) -> RedeemFeedTokenResponse:
        """See `FeedTokens.redeem_feed_token`."""
        response: RedeemFeedTokenResponse = await self._response(_redeem(secret))
        return response

    async def calendar_state(self, name: str) -> GetCalendarStateResponse:
        """See `FeedTokens.calendar_state`."""
        response: GetCalendarStateResponse = await self._response(_state(name))
        return response
