"""The orders of lists (AIP-132): a closed set, each of them that of an index.

There is none by time of update: ListChanges reads the log in that order, and an index of its own
would cost each write.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from summitry.v1.error_reason_pb2 import ErrorReason
from summitry_server.wire.refusals import RefusedError

NAME, TIME = "name", "time"
DESCENDING = "desc"


class Order(NamedTuple):
    """An order of a list."""

    key: str
    descending: bool


def order_of(order_by: str, keys: Sequence[str]) -> Order:
    """Return the order of a request by one of the keys; by the first of them if it names none.

    Redundant spaces do not count (AIP-132). Raises RefusedError INVALID_ORDER.
    """
    orders = {
        " ".join((key, *suffix)): Order(key, bool(suffix))
        for key in keys
        for suffix in ((), (DESCENDING,))
    }
    order = orders.get(" ".join(order_by.split()) or keys[0])
    if order is None:
        allowed = ", ".join(orders)
        raise RefusedError(
            ErrorReason.ERROR_REASON_INVALID_ORDER,
            f"{order_by!r} is no order of this list; it has {allowed}",
            "order_by",
            value=order_by,
            allowed=allowed,
        )
    return order
