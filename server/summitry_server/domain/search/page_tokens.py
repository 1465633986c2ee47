"""Page tokens: opaque, signed by the store's secret, bound to their query (AIP-158).

A token also holds the point of the store at which its page was read. A store that was restored
from a copy may not have that point in its history; it then refuses the token, since the next pages
would belong to another list.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from google.protobuf.message import Message

from summitry.v1.error_reason_pb2 import ErrorReason
from summitry_server.domain.search.signing import Signer, to_bytes, to_text
from summitry_server.store.contract import Point
from summitry_server.store.points import PointReader, passes
from summitry_server.wire.refusals import ALONE, RefusedError

SIGNATURE = 16  # bytes


class PageTokens:
    """Page tokens of one store, signed with its secret."""

    def __init__(self, secret: bytes) -> None:
        self._signer = Signer(secret)

    def make(self, query: Message, position: Any, point: Point | None) -> str:
        """Return a token by which the same query goes on at a position (JSON values).

        `point` is that of the snapshot from which the page was read; None for a list that does not
        come from the store.
        """
        return self.sign(query, [position, point])

    def read(
        self,
        query: Message,
        token: str,
        history: PointReader | None,
        field: str = "page_token",
    ) -> Any:
        """Return the position in a token that stands in a field of the query.

        Raises RefusedError INVALID_PAGE_TOKEN for the token of another query, and for one of a
        history that this store does not go through.
        """
        position, point = self.open(query, token, field)
        if history is not None and not passes(history, Point(*point)):
            raise RefusedError(
                ErrorReason.ERROR_REASON_INVALID_PAGE_TOKEN,
                "the store was restored from a copy since the page before: begin again without "
                "a token",
                field,
                lead=ALONE,
            )
        return position

    def sign(self, query: Message, content: Any) -> str:
        """Return a token of a query that holds JSON values."""
        payload = json.dumps(content, separators=(",", ":")).encode()
        return to_text(self._signer.sign(_bound(query, payload), SIGNATURE) + payload)

    def open(self, query: Message, token: str, field: str = "page_token") -> Any:
        """Return the content of a token.

        Raises RefusedError INVALID_PAGE_TOKEN for the token of another query.
        """
        data = to_bytes(token)
        signature, payload = data[:SIGNATURE], data[SIGNATURE:]
        if not payload or not self._signer.is_signature(signature, _bound(query, payload)):
            raise RefusedError(
                ErrorReason.ERROR_REASON_INVALID_PAGE_TOKEN,
                f"the {field.replace('_', ' ')} is not of this query: begin again without one",
                field,
                lead=ALONE,
            )
        return json.loads(payload)


def _bound(query: Message, payload: bytes) -> bytes:
    return hashlib.sha256(fixed_part(query) + b"\0" + payload).digest()


def fixed_part(query: Message) -> bytes:
    """Return the part of a query that all its pages share, as bytes.

    That is all fields except page_size, the tokens and the id of the request, with the type of
    the message.
    """
    fixed = type(query)()
    fixed.CopyFrom(query)
    for name in ("page_size", "page_token", "resume_token", "request_id"):
        if name in query.DESCRIPTOR.fields_by_name:
            fixed.ClearField(name)
    bound = query.DESCRIPTOR.full_name.encode()
    return bound + b"\0" + fixed.SerializeToString(deterministic=True)
