"""FeedService: feeds as records, and the tokens that read them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from google.protobuf.descriptor import ServiceDescriptor
from google.protobuf.message import Message

from summitry.kinds import FEED, Record
from summitry.v1.feed_pb2 import Feed
from summitry.v1.feed_service_pb2 import (
    IssueFeedTokenRequest,
    IssueFeedTokenResponse,
    ListFeedTokensRequest,
    ListFeedTokensResponse,
    RedeemFeedTokenRequest,
    RedeemFeedTokenResponse,
    RevokeFeedTokenRequest,
    RevokeFeedTokenResponse,
)
from summitry_server.context import Backend, Call, Rpc
from summitry_server.services.feed_tokens import FeedTokens, token_to_proto
from summitry_server.services.naming import check_found, live, name_of
from summitry_server.services.records import RecordService
from summitry_server.store.contract import Row, Token, Writer
from summitry_server.wire.refusals import bad_name


class FeedService(RecordService):
    """The standard methods of feeds, and those of their tokens."""

    def __init__(self, service: ServiceDescriptor, backend: Backend, tokens: FeedTokens) -> None:
        super().__init__(FEED, service, backend)
        self._tokens = tokens

    def methods(self) -> Mapping[str, Rpc]:
        """Return the rpcs of the service by name."""
        return {
            **super().methods(),
            "IssueFeedToken": self.issue,
            "ListFeedTokens": self.tokens,
            "RevokeFeedToken": self.revoke,
            "RedeemFeedToken": self.redeem,
        }

    def issue(self, request: IssueFeedTokenRequest, call: Call) -> bytes:
        """Issue a token; return it with its secret, and the new version of its feed."""
        name = str(name_of(FEED, request.name, "name"))

        def issue_token(writer: Writer) -> tuple[Row, Token, str]:
            feed = live(FEED, writer.get(name), name, "name")
            ends = request.HasField("expire_time")
            expires = request.expire_time.seconds if ends else None
            token, secret = self._tokens.issue(writer, name, request.label, expires)
            return self._put_with_count(writer, feed), token, secret

        # IssueFeedToken has no request_id, since an answer with a secret in it must not be stored.
        entry = self.backend.entry(replace(call, source="IssueFeedToken"))
        row, token, secret = self.backend.store.write(issue_token, entry)
        response = IssueFeedTokenResponse(
            token=token_to_proto(token), secret=secret, path=f"/s/{secret}.ics"
        )
        return self._answer(response, row)

    def revoke(self, request: RevokeFeedTokenRequest, call: Call) -> bytes:
        """Revoke a token; return it, and its feed."""
        owner, slash, token_id = request.name.partition("/tokens/")
        if not (slash and token_id):
            raise bad_name("name", request.name, "calendars/{calendar}/feeds/{feed}/tokens/{token}")
        name = str(name_of(FEED, owner, "name"))

        def revoke_token(writer: Writer) -> tuple[Row, Token]:
            row = check_found(writer.get(name), name, "name")
            token, changed = self._tokens.revoke(writer, name, token_id)
            if changed and not row.deleted:
                row = self._put_with_count(writer, live(FEED, row, name, "name"))
            return row, token

        entry = self.backend.entry(replace(call, source="RevokeFeedToken"))
        row, token = self.backend.store.write(revoke_token, entry)
        return self._answer(RevokeFeedTokenResponse(token=token_to_proto(token)), row)

    def tokens(self, request: ListFeedTokensRequest, call: Call) -> bytes:
        """Return all tokens of a feed, without secrets."""
        name = str(name_of(FEED, request.parent, "parent"))
        with self.backend.store.read() as reader:
            check_found(reader.get(name), name, "parent")
            tokens = reader.tokens(name)
            revision = reader.revision
        response = ListFeedTokensResponse(tokens=map(token_to_proto, tokens))
        return self.backend.answer([response.SerializeToString()], revision)

    def redeem(self, request: RedeemFeedTokenRequest, call: Call) -> bytes:
        """Return the feed that a secret grants access to."""
        redeemed = self._tokens.redeem(request.secret)
        response = RedeemFeedTokenResponse(feed=redeemed.feed)
        if redeemed.expires:
            response.expire_time.seconds = redeemed.expires
        return self.backend.answer([response.SerializeToString()], redeemed.revision)

    def _put_with_count(self, writer: Writer, feed: Record) -> Row:
        """Store a new version of the feed with its count of live tokens, for followers to see."""
        assert isinstance(feed, Feed)
        feed.live_tokens = self._tokens.live(writer.tokens(feed.name))
        return self.operations.put(writer, feed, self.backend.clock.now())

    def _answer(self, response: Message, row: Row) -> bytes:
        parts = [row.frame, response.SerializeToString()]
        return self.backend.answer(parts, self.backend.store.head())
