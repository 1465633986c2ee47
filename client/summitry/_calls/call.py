"""A request of the API as a value: the method, the message and the place of its answer."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Generic, NamedTuple, TypeVar

from summitry._calls.methods import Method
from summitry.names import invalid_argument

T = TypeVar("T")


class Call(NamedTuple, Generic[T]):
    """One request and where its answer is. T is the type of the answer, or of its items."""

    method: Method
    request: Any
    answer: str  # the field of the response

    def after(self, page_token: str) -> Call[T]:
        """The same call for the next page."""
        request = type(self.request)()
        request.CopyFrom(self.request)
        request.page_token = page_token
        return Call(self.method, request, self.answer)


def set_instant(field: Any, time: datetime, name: str) -> None:
    """Fill a Timestamp. Raises InvalidArgumentError for a time without an offset."""
    if time.utcoffset() is None:
        text = f"{time} is not an instant: give it a tzinfo, as datetime.now(UTC) has"
        raise invalid_argument("INVALID_VALUE", name, str(time), text)
    field.FromDatetime(time)
