# Written by `make sync-client` from aio/feed_tokens.py: change that file.
"""The secret tokens of feeds.

with Client() as client:
    issued = client.issue_feed_token("calendars/astana-2024/feeds/press", "press desk")
    print(issued.path)  # only now: the server keeps no secret
    client.revoke_feed_token(issued.token.name)
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from summitry._calls.requests import feed_tokens as requests
from summitry._calls.requests.writes import Purpose
from summitry._calls.sync.connection import Connection
from summitry.v1.feed_pb2 import FeedToken
from summitry.v1.feed_service_pb2 import (
    IssueFeedTokenResponse,
    RedeemFeedTokenResponse,
)


class FeedTokens(Connection):
    """The secret tokens of feeds."""

    def issue_feed_token(
        self,
        feed: str,
        label: str = "",
        expires: datetime | None = None,
        *,
        validate_only: bool = False,
        reason: str = "",
        request_id: str = "",
    ) -> IssueFeedTokenResponse:
        """Make a token by which one reader, distinguished by `label`, gets a feed.

        The response has `secret` and `path`, which no later call returns. The token ends at
        `expires`, which must have an offset; None: it never ends. Raises NotFoundError,
        InvalidArgumentError, ResourceExhaustedError; and AlreadyExistsError (FEED_TOKEN_ISSUED,
        with the `name` of the token) where the token was made but the answer lost on its way.
        With `validate_only` no token is made, and the response has neither secret nor path.
        """
        purpose = Purpose(reason, request_id, validate_only)
        return self._answer(requests.issue(feed, label, expires, purpose))

    def feed_tokens(self, feed: str, *, page_size: int = 0) -> Iterator[FeedToken]:
        """Iterate over the tokens of a feed, without secrets, the oldest first.

        Raises NotFoundError.
        """
        return self._items(requests.list_page(feed, page_size))

    def revoke_feed_token(
        self, name: str, *, validate_only: bool = False, reason: str = "", request_id: str = ""
    ) -> FeedToken:
        """End a token for good and return it as it is then; with `validate_only` it lives on.

        Raises NotFoundError.
        """
        purpose = Purpose(reason, request_id, validate_only)
        return self._answer(requests.revoke(name, purpose))

    def redeem_feed_token(self, secret: str) -> RedeemFeedTokenResponse:
        """Return the feed that a secret grants access to; for gateways. Counts as its use.

        Raises NotFoundError, and FailedPreconditionError for a token that has ended.
        """
        return self._answer(requests.redeem(secret))
