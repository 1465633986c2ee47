"""Answers of lists: a page of stored bytes, the token of the next one, and a total on request."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

from summitry.v1.record_view_pb2 import RecordView
from summitry_server.context import Backend
from summitry_server.domain.records.basic_view import basic
from summitry_server.domain.search.agenda import AgendaMatch, AgendaPosition, AgendaQuery
from summitry_server.services.as_of import AsOfState, token_after
from summitry_server.services.paging import PageEntry, read_page
from summitry_server.store.contract import Condition, RecordReader
from summitry_server.wire import frames as wire
from summitry_server.wire.limits import page_size

# A total beyond it is not given: counting costs a step for each row.
MOST_COUNTED = 10_000
NEXT_PAGE_TOKEN, TOTAL_SIZE = 2, 3  # fields of every response with pages
# Makes of the frame of a record what the answer shows of it; None for the whole record.
View = Callable[[bytes], bytes] | None


class Listing(Protocol):
    """The entries of a list in its order."""

    def read(self, after: Any, limit: int) -> list[PageEntry]:
        """Return up to `limit` entries after a position (None: the first)."""

    def count(self, limit: int) -> int:
        """Return how many entries there are; `limit` if there are more."""


class ByName(NamedTuple):
    """The records of a kind in the order of names, or in the reverse of it."""

    records: RecordReader
    kind: int
    calendar: str | None
    condition: Condition
    show_deleted: bool
    descending: bool

    def read(self, after: Any, limit: int) -> list[PageEntry]:
        """Return entries after a name; the tombstones of purged records are left out."""
        frames = self.records.named_frames(
            self.kind,
            self.calendar,
            after or "",
            limit,
            self.condition,
            show_deleted=self.show_deleted,
            descending=self.descending,
        )
        return [PageEntry(name, frame) for name, frame in frames]

    def count(self, limit: int) -> int:
        """Return how many records there are; `limit` if there are more."""
        return self.records.count(
            self.kind, self.calendar, limit, self.condition, show_deleted=self.show_deleted
        )


class ByTime(NamedTuple):
    """Events in the order of time, or in the reverse of it."""

    agenda: AgendaQuery
    encode: Callable[[AgendaMatch], bytes]

    def read(self, after: Any, limit: int) -> list[PageEntry]:
        """Return entries after the position of an item, which is the first four of its parts."""
        items = self.agenda.page(AgendaPosition(*after) if after else None, limit)
        return [PageEntry(item[:4], self.encode(item)) for item in items]

    def count(self, limit: int) -> int:
        """Return how many events there are; `limit` if there are more."""
        return self.agenda.count(limit)


def view_of(request: Any) -> View:
    """Return the view that a request asks for."""
    return basic if request.view == RecordView.RECORD_VIEW_BASIC else None


def in_view(listing: Listing, view: View) -> Listing:
    """Return a listing of frames with what a view shows of them."""
    return listing if view is None else _InView(listing, view)


class _InView(NamedTuple):
    """A listing whose frames are reduced to what a view shows of them."""

    frames: Listing
    view: Callable[[bytes], bytes]

    def read(self, after: Any, limit: int) -> list[PageEntry]:
        """Return entries after a position."""
        view = self.view
        return [
            PageEntry(position, view(frame)) for position, frame in self.frames.read(after, limit)
        ]

    def count(self, limit: int) -> int:
        """Return how many entries there are; `limit` if there are more."""
        return self.frames.count(limit)


def answer_list(
    backend: Backend, request: Any, check: Callable[[], None], state: AsOfState, listing: Listing
) -> bytes:
    """Return the response with the page of a list that the request asks for."""

    def read(after: Any, limit: int) -> list[PageEntry]:
        check()
        return listing.read(after, limit)

    page = read_page(read, state.after, page_size(request.page_size))
    parts = [entry.data for entry in page.entries]
    if page.more:
        position = page.entries[-1].position
        parts.append(wire.text(NEXT_PAGE_TOKEN, token_after(backend, request, state, position)))
    if request.include_total_size and not request.page_token:
        total = listing.count(MOST_COUNTED + 1)
        if total <= MOST_COUNTED:
            parts.append(wire.number(TOTAL_SIZE, total))
    return backend.answer(parts, state.point)
