"""Requests of FeedService beside those of feeds as records: tokens."""

from __future__ import annotations

from datetime import datetime

from summitry._calls.call import PreparedCall, set_instant
from summitry._calls.methods import FEEDS
from summitry._calls.requests.writes import Purpose, repeatable
from summitry.v1.feed_pb2 import FeedToken
from summitry.v1.feed_service_pb2 import (
    IssueFeedTokenResponse,
    ListFeedTokensRequest,
    RedeemFeedTokenRequest,
    RedeemFeedTokenResponse,
)


def issue(
    feed: str, label: str, expires: datetime | None, purpose: Purpose
) -> PreparedCall[IssueFeedTokenResponse]:
    """Return the call that makes a token. Raises InvalidArgumentError for a time without offset."""
    call: PreparedCall[IssueFeedTokenResponse] = repeatable(
        FEEDS["IssueFeedToken"], "", name=feed, label=label, **purpose._asdict()
    )
    if expires is not None:
        set_instant(call.request.expire_time, expires, "expires")
    return call


def list_page(feed: str, page_size: int) -> PreparedCall[FeedToken]:
    """Return the call for the first page of the tokens of a feed."""
    request = ListFeedTokensRequest(parent=feed, page_size=page_size)
    return PreparedCall(FEEDS["ListFeedTokens"], request, "tokens")


def revoke(name: str, purpose: Purpose) -> PreparedCall[FeedToken]:
    """Return the call that ends a token."""
    return repeatable(FEEDS["RevokeFeedToken"], "token", name=name, **purpose._asdict())


def redeem(secret: str) -> PreparedCall[RedeemFeedTokenResponse]:
    """Return the call for the feed that a secret grants access to."""
    return PreparedCall(FEEDS["RedeemFeedToken"], RedeemFeedTokenRequest(secret=secret), "")
