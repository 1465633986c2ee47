"""The secret tokens of feeds: issued, redeemed, revoked, and their uses noted now and then."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from typing import NamedTuple

from google.protobuf.timestamp_pb2 import Timestamp

from summitry.v1.error_reason_pb2 import ErrorReason
from summitry.v1.feed_pb2 import FeedToken
from summitry.visibility import is_expired
from summitry_server.context import Backend
from summitry_server.domain.names import new_id
from summitry_server.domain.records.feed_secrets import FeedSecrets
from summitry_server.store.contract import LogEntry, Point, Token, Writer
from summitry_server.store.errors import StoreError
from summitry_server.wire.refusals import ALONE, RefusedError, invalid

MAX_TOKENS = 1000  # of a feed
_JOB = "feed tokens"

_log = logging.getLogger(__name__)


class Redeemed(NamedTuple):
    """The feed that a secret grants access to, at a point of the store."""

    feed: str  # resource name
    expires: int  # epoch seconds; 0: never
    point: Point


class FeedTokenRegistry:
    """The tokens of a store's feeds. Safe for use from several threads."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._secrets = FeedSecrets(backend.store.identity.secret)
        self._uses: dict[str, int] = {}
        self._lock = threading.Lock()

    def issue(
        self, writer: Writer, feed: str, label: str, expires: int | None
    ) -> tuple[Token, str]:
        """Return a new token and its secret; it ends at `expires`, or never if that is None.

        Raises RefusedError INVALID_VALUE for an end that is not in the future, 1970 included, and
        TOO_MANY_FEED_TOKENS.
        """
        now = self._backend.clock.now()
        if expires is not None and expires <= now:
            raise invalid("expire_time", expires, "in the future; leave it out for no expiry")
        if len(writer.tokens(feed)) >= MAX_TOKENS:
            raise RefusedError(
                ErrorReason.ERROR_REASON_TOO_MANY_FEED_TOKENS,
                f"{feed} has {MAX_TOKENS} tokens: make another feed for more readers",
                "name",
                lead=ALONE,
                limit=MAX_TOKENS,
            )
        secret = self._secrets.make()
        token = Token(new_id(now), feed, self._secrets.digest(secret), label, now, expires or 0)
        writer.put_token(token)
        return token, secret

    def revoke(self, writer: Writer, feed: str, token_id: str) -> tuple[Token, bool]:
        """Return the token as it is now, and whether it changed. Raises FEED_TOKEN_NOT_FOUND."""
        tokens = [token for token in writer.tokens(feed) if token.id == token_id]
        if not tokens:
            name = token_name(feed, token_id)
            raise _token_not_found("name", f"{name}: there is no such token", name=name)
        if tokens[0].revoked:
            return tokens[0], False
        token = tokens[0]._replace(revoked=self._backend.clock.now())
        writer.put_token(token)
        return token, True

    def live(self, tokens: Sequence[Token]) -> int:
        """Return how many of the tokens grant access now."""
        now = self._backend.clock.now()
        return sum(not _is_over(token, now) for token in tokens)

    def redeem(self, secret: str) -> Redeemed:
        """Return the feed that a secret grants access to, and count a use of its token.

        Raises RefusedError FEED_TOKEN_NOT_FOUND, or FEED_TOKEN_GONE for one that was revoked, has
        expired, or whose feed was deleted. Both come after the same one look-up.
        """
        now = self._backend.clock.now()
        with self._backend.store.read() as reader:
            token = reader.token(self._secrets.digest(secret))
            if token is None:
                raise _token_not_found("secret", "no feed has this secret")
            if _is_over(token, now):
                raise _token_gone()
            row = reader.get(token.owner)
            if row is None or row.deleted:
                raise _token_gone()
            point = reader.point()
        with self._lock:
            self._uses[token.id] = now
        return Redeemed(token.owner, token.expires, point)

    def flush(self) -> None:
        """Store the uses since the last call, in one write without a revision."""
        with self._lock:
            uses, self._uses = self._uses, {}
        if not uses:
            return
        entry = LogEntry(_JOB, _JOB, "", self._backend.clock.now())
        try:
            self._backend.store.write(lambda writer: writer.use_tokens(uses), entry)
        except StoreError:
            with self._lock:
                self._uses = uses | self._uses
            raise

    def close(self) -> None:
        """Store the uses that are not stored yet; they are lost if the store cannot be written."""
        try:
            self.flush()
        except StoreError:
            _log.exception("the last uses of feed tokens are not noted")


def token_to_proto(token: Token) -> FeedToken:
    """Return a token as a message of the API, without its secret."""
    message = FeedToken(name=token_name(token.owner, token.id), label=token.label)
    times = {
        "create_time": token.created,
        "expire_time": token.expires,
        "revoke_time": token.revoked,
        "use_time": token.used,
    }
    for field, seconds in times.items():
        if seconds:
            getattr(message, field).CopyFrom(Timestamp(seconds=seconds))
    return message


def token_name(feed: str, token_id: str) -> str:
    """Return the resource name of a token."""
    return f"{feed}/tokens/{token_id}"


def _is_over(token: Token, now: int) -> bool:
    return bool(token.revoked) or is_expired(token.expires, now)


def _token_not_found(field: str, message: str, **metadata: object) -> RefusedError:
    reason = ErrorReason.ERROR_REASON_FEED_TOKEN_NOT_FOUND
    return RefusedError(reason, message, field, lead=ALONE, **metadata)


def _token_gone() -> RefusedError:
    reason = ErrorReason.ERROR_REASON_FEED_TOKEN_GONE
    return RefusedError(reason, "the token reads no more: ask for another", "secret", lead=ALONE)
