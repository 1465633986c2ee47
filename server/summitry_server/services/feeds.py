"""FeedService: feeds as records, and the tokens that read them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NoReturn

from google.protobuf.descriptor import ServiceDescriptor
from google.protobuf.message import Message

from summitry.kinds import FEED, Record
from summitry.v1.error_reason_pb2 import ErrorReason
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
from summitry_server.services.feed_tokens import FeedTokenRegistry, token_to_proto
from summitry_server.services.naming import check_found, live, name_of
from summitry_server.services.records import RecordService
from summitry_server.services.writing import answer_frame, answer_point, transact
from summitry_server.store.contract import Row, Token, Writer
from summitry_server.wire.limits import page_size
from summitry_server.wire.refusals import ALONE, RefusedError, bad_name


def _refuse_to_repeat(stored: bytes) -> NoReturn:
    """Refuse the repeated request of a token: its secret was in the first answer alone."""
    name = IssueFeedTokenResponse.FromString(stored).token.name
    raise RefusedError(
        ErrorReason.ERROR_REASON_FEED_TOKEN_ISSUED,
        f"{name} was issued by this request, and its secret cannot be shown again: revoke it, and "
        "issue another with a new request_id",
        "request_id",
        lead=ALONE,
        name=name,
    )


class FeedService(RecordService):
    """The standard methods of feeds, and those of their tokens."""

    again = MappingProxyType({"IssueFeedToken": _refuse_to_repeat})

    def __init__(
        self, service: ServiceDescriptor, backend: Backend, tokens: FeedTokenRegistry
    ) -> None:
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
        secrets: list[IssueFeedTokenResponse] = []  # in the answer, but not in what is stored

        def issue_token(writer: Writer) -> bytes:
            feed = live(FEED, writer.get(name), name, "name")
            ends = request.HasField("expire_time")
            expires = request.expire_time.seconds if ends else None
            token, secret = self._tokens.issue(writer, name, request.label, expires)
            row = self._put_with_count(writer, feed)
            secrets[:] = [IssueFeedTokenResponse(secret=secret, path=f"/s/{secret}.ics")]
            response = IssueFeedTokenResponse(token=token_to_proto(token))
            return self._answer(response, row, writer, call)

        # The answer of the write is stored with its request_id, so no secret may be in it.
        answer = transact(self.backend, call, issue_token)
        if not secrets:  # the same request was done while this one waited for the store
            _refuse_to_repeat(answer)
        if call.validate_only:
            return answer  # a secret that opens nothing would look like one that does
        return answer + secrets[0].SerializeToString()

    def revoke(self, request: RevokeFeedTokenRequest, call: Call) -> bytes:
        """Revoke a token; return it, and its feed."""
        owner, slash, token_id = request.name.partition("/tokens/")
        if not (slash and token_id):
            raise bad_name("name", request.name, "calendars/{calendar}/feeds/{feed}/tokens/{token}")
        name = str(name_of(FEED, owner, "name"))

        def revoke_token(writer: Writer) -> bytes:
            row = check_found(writer.get(name), name, "name")
            token, changed = self._tokens.revoke(writer, name, token_id)
            if changed and not row.deleted:
                row = self._put_with_count(writer, live(FEED, row, name, "name"))
            response = RevokeFeedTokenResponse(token=token_to_proto(token))
            return self._answer(response, row, writer, call)

        return transact(self.backend, call, revoke_token)

    def tokens(self, request: ListFeedTokensRequest, call: Call) -> bytes:
        """Return a page of the tokens of a feed, without secrets."""
        name = str(name_of(FEED, request.parent, "parent"))
        limit = page_size(request.page_size)
        with self.backend.store.read() as reader:
            after = [0, ""]
            if request.page_token:
                after = self.backend.tokens.read(request, request.page_token, reader)
            check_found(reader.get(name), name, "parent")
            tokens = [token for token in reader.tokens(name) if _position(token) > after]
            point = reader.point()
        response = ListFeedTokensResponse(tokens=map(token_to_proto, tokens[:limit]))
        if len(tokens) > limit:
            position = _position(tokens[limit - 1])
            response.next_page_token = self.backend.tokens.make(request, position, point)
        return self.backend.answer([response.SerializeToString()], point)

    def redeem(self, request: RedeemFeedTokenRequest, call: Call) -> bytes:
        """Return the feed that a secret grants access to."""
        redeemed = self._tokens.redeem(request.secret)
        response = RedeemFeedTokenResponse(feed=redeemed.feed)
        if redeemed.expires:
            response.expire_time.seconds = redeemed.expires
        return self.backend.answer([response.SerializeToString()], redeemed.point)

    def _put_with_count(self, writer: Writer, feed: Record) -> Row:
        """Store a new version of the feed with its count of live tokens, for followers to see."""
        assert isinstance(feed, Feed)
        feed.live_tokens = self._tokens.live(writer.tokens(feed.name))
        return self.operations.put(writer, feed, self.backend.clock.now())

    def _answer(self, response: Message, row: Row, writer: Writer, call: Call) -> bytes:
        """Return the response with the feed; its revision is that of the store if none was made."""
        parts = [answer_frame(writer, row, call), response.SerializeToString()]
        return self.backend.answer(parts, answer_point(writer, [row.revision], call))


def _position(token: Token) -> list[Any]:
    return [token.created, token.id]
