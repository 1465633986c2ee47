"""A request of the API as a value: the method, the message and the place of its answer."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Generic, NamedTuple, TypeVar

from summitry._calls.methods import Method
from summitry.names import invalid_argument

T = TypeVar("T")


class PreparedCall(NamedTuple, Generic[T]):
    """A request and the place of its answer; T is the type of the answer, or of its items."""

    method: Method
    request: Any
    """The message, or for streams of requests their iterator."""
    answer: str
    """The field of the response; "" for the response as a whole."""

    def read(self, response: Any) -> Any:
        """Return the answer in a response."""
        return getattr(response, self.answer) if self.answer else response

    def after(self, page_token: str) -> PreparedCall[T]:
        """Return the same call for the next page."""
        request = type(self.request)()
        request.CopyFrom(self.request)
        request.page_token = page_token
        return self._replace(request=request)


def set_instant(field: Any, time: datetime, name: str) -> None:
    """Fill a Timestamp. Raises InvalidArgumentError for a time without an offset."""
    if time.utcoffset() is None:
        text = f"{time} is not an instant: give it a tzinfo, as datetime.now(UTC) has"
        raise invalid_argument("INVALID_VALUE", name, str(time), text)
    field.FromDatetime(time)
