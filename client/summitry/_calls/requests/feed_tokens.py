"""Requests of FeedService beside those of feeds as records: tokens."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from summitry._calls.call import Call, set_instant
from summitry._calls.methods import FEEDS
from summitry.v1.feed_pb2 import FeedToken
from summitry.v1.feed_service_pb2 import (
    IssueFeedTokenRequest,
    IssueFeedTokenResponse,
    ListFeedTokensRequest,
    RedeemFeedTokenRequest,
    RedeemFeedTokenResponse,
    RevokeFeedTokenRequest,
)


def issue(feed: str, label: str, expires: datetime | None) -> Call[IssueFeedTokenResponse]:
    """Return the call that makes a token. Raises InvalidArgumentError for a time without offset."""
    request = IssueFeedTokenRequest(name=feed, label=label)
    if expires is not None:
        set_instant(request.expire_time, expires, "expires")
    return Call(FEEDS["IssueFeedToken"], request, "")


def list_all(feed: str) -> Call[Sequence[FeedToken]]:
    """Return the call for the tokens of a feed, which come in one page."""
    return Call(FEEDS["ListFeedTokens"], ListFeedTokensRequest(parent=feed), "tokens")


def revoke(name: str) -> Call[FeedToken]:
    """Return the call that ends a token."""
    return Call(FEEDS["RevokeFeedToken"], RevokeFeedTokenRequest(name=name), "token")


def redeem(secret: str) -> Call[RedeemFeedTokenResponse]:
    """Return the call for the feed that a secret grants access to."""
    return Call(FEEDS["RedeemFeedToken"], RedeemFeedTokenRequest(secret=secret), "")
