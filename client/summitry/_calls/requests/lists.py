"""What requests of lists share: the view of each record, and the total of all pages."""

from __future__ import annotations

from typing import Any

from summitry._calls.call import PreparedCall
from summitry.v1.record_view_pb2 import RecordView


def to_view(basic: bool) -> RecordView:
    """Return the view of a request; unset where it is that of the server."""
    return RecordView.RECORD_VIEW_BASIC if basic else RecordView.RECORD_VIEW_UNSPECIFIED


def counted(call: PreparedCall[Any]) -> PreparedCall[Any]:
    """Return a list's call with the total of all pages, and as little else as there can be."""
    request = type(call.request)()
    request.CopyFrom(call.request)
    request.include_total_size, request.page_size = True, 1
    request.view = RecordView.RECORD_VIEW_BASIC
    return call._replace(request=request, answer="")


def total_of(response: Any) -> int | None:
    """Return the total in the response to a counted call; None if it is more than is counted."""
    return response.total_size if response.HasField("total_size") else None
