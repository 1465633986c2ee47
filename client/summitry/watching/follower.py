"""What a follower knows and what it makes of each message. No connection, no clock, no gRPC.

A follower keeps a digest: names and etags of what its consumer holds, as far as it has been told.
When the server cannot follow its token any more, what the view holds now is told anew, and the
digest turns that into the difference: nothing twice, and what has gone meanwhile as LEFT_VIEW.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import NamedTuple

from summitry.errors import CallError
from summitry.kinds import Record
from summitry.v1.change_service_pb2 import (
    Change,
    ChangeKind,
    ChangeView,
    ListChangesRequest,
    ListChangesResponse,
    ResetReason,
    WatchChangesRequest,
    WatchChangesResponse,
    WatchEvent,
)

HELD = 1024
"""The most names that one request may carry."""

PAGE = 1000
"""Changes that are asked for at once."""

GONE = ResetReason.RESET_REASON_CHANGES_GONE
RESTORED = ResetReason.RESET_REASON_STORE_RESTORED
UPSERT, LEFT_VIEW = ChangeKind.CHANGE_KIND_UPSERT, ChangeKind.CHANGE_KIND_LEFT_VIEW


class Batch(NamedTuple):
    """What one message told: changes that belong together, and where to go on after them."""

    event: WatchEvent
    changes: Sequence[Change]
    token: str  # goes on after this batch; keep it when you are done with the changes
    revision: int  # of the store when it said so
    caught_up: bool  # all changes up to that revision have been told
    reset_reason: ResetReason = ResetReason.RESET_REASON_UNSPECIFIED


def record_of(change: Change) -> Record | None:
    """The record of a change, of whatever kind it is; None for LEFT_VIEW."""
    which = change.record.WhichOneof("record")
    return getattr(change.record, which) if which else None


def etag_of(change: Change) -> str:
    """The etag of the record of a change; "" without one."""
    record = record_of(change)
    return record.etag if record is not None else ""


class Follower:
    """Follows one view.

    `token` is where to go on, "" to begin. `held` is what the consumer holds from before, names
    and etags; None if it cannot tell.
    """

    def __init__(
        self,
        view: ChangeView,
        token: str = "",
        *,
        initial: bool = False,
        held: Mapping[str, str] | None = None,
    ) -> None:
        self._view = view
        self._token = self._safe_token = token
        self._initial = initial
        self._digest = dict(held or {})
        self.knows_all = held is not None or not token
        """Whether the difference after a RESET is whole: what the consumer holds is known."""
        self._mirrors = held is not None or (initial and not token)  # the digest is the whole view
        self._untold: dict[str, str] | None = None
        self._offers = False
        self._offer: dict[str, str] = {}
        self._told_to: tuple[int, float] | None = None  # None: nobody knows, or a state is told
        self._part: list[Change] = []  # of a revision that has not ended
        self._holds_token = False
        if initial and not token:
            self._tell_anew()

    @property
    def token(self) -> str:
        """Where a follower of another process may go on."""
        return self._safe_token

    def watch_request(self) -> WatchChangesRequest:
        """The request that goes on where this follower is."""
        self._offer = dict(islice(self._digest.items(), HELD)) if self._offers else {}
        return WatchChangesRequest(
            view=self._view,
            token=self._token,
            initial=self._initial and not self._token,
            held=self._offer,
        )

    def list_request(self) -> ListChangesRequest:
        """The request for the next page of changes."""
        return ListChangesRequest(
            view=self._view,
            token=self._token,
            initial=self._initial and not self._token,
            page_size=PAGE,
        )

    def wants_to_offer(self, message: WatchChangesResponse) -> bool:
        """Whether to ask again with what is held, for the server to send only the difference.

        It is not sent with each request: hundreds of kilobytes that hardly ever matter.
        """
        if message.event != WatchEvent.WATCH_EVENT_RESET or self._offers or not self._digest:
            return False
        self._offers, self._token = True, message.token
        self._doubt(message.reset_reason)
        return True

    def take(self, message: WatchChangesResponse) -> Batch:
        """What a message of a watch means to the consumer."""
        self._token = message.token
        revision = message.header.revision
        changes: list[Change] = []
        if message.event == WatchEvent.WATCH_EVENT_RESET:
            self._doubt(message.reset_reason)
            self._tell_anew(reset=True)
        elif message.event == WatchEvent.WATCH_EVENT_CHANGES:
            changes = list(self._new(message.changes))
        elif message.event == WatchEvent.WATCH_EVENT_CAUGHT_UP:
            changes = self._all_told(revision)
        if self._told_to is not None and not changes:
            self._told_to = max(self._told_to, (revision, float("inf")))
        changes = self._whole(changes, message.event != WatchEvent.WATCH_EVENT_CHANGES)
        return self._batch(message.event, changes, revision, message.reset_reason)

    def take_page(self, page: ListChangesResponse) -> Batch:
        """What a page of changes means to the consumer; the last one is CAUGHT_UP."""
        self._token = page.next_token
        changes = list(self._new(page.changes))
        event = WatchEvent.WATCH_EVENT_CHANGES
        if not page.more:
            changes += self._all_told(page.header.revision)
            event = WatchEvent.WATCH_EVENT_CAUGHT_UP
        changes = self._whole(changes, not page.more)
        return self._batch(event, changes, page.header.revision)

    def begin_again(self, error: CallError) -> Batch:
        """Go on with what the view holds now, if the server cannot follow the token any more.

        Raises any other error as it is.
        """
        if error.reason != "CHANGES_GONE" or not self._token:
            raise error
        self._token, self._initial = "", True
        self._tell_anew(reset=True)
        told = error.metadata.get("reset_reason")
        reason = RESTORED if told == ResetReason.Name(RESTORED) else GONE
        return self._batch(WatchEvent.WATCH_EVENT_RESET, self._whole([], True), 0, reason)

    def _doubt(self, reason: ResetReason) -> None:
        """Trust no etag if the server is of a version whose etags could be given twice.

        Only such a server answers AHEAD_OF_STORE, when its store was put back from a copy.
        """
        if reason == ResetReason.RESET_REASON_AHEAD_OF_STORE:
            self._digest = dict.fromkeys(self._digest, "")

    def _tell_anew(self, *, reset: bool = False) -> None:
        """From here to CAUGHT_UP the state is told; what is not told by then has gone.

        Of what was offered, the server tells by itself what has gone. A token from within would
        lose what is to be told at the end.
        """
        self._told_to = None
        self._holds_token = reset or bool(self._digest)
        self._untold = {n: etag for n, etag in self._digest.items() if n not in self._offer}

    def _all_told(self, revision: int) -> list[Change]:
        gone = [
            Change(kind=LEFT_VIEW, name=name, revision=revision, last=True)
            for name in self._untold or ()
        ]
        for change in gone:
            del self._digest[change.name]
        self._untold, self._offers, self._offer = None, False, {}
        self._holds_token = False
        self._told_to = (revision, float("inf"))
        return gone

    def _whole(self, changes: Sequence[Change], ended: bool) -> list[Change]:
        """Changes by whole revisions: the beginning of a large one waits for its end."""
        whole, self._part = [*self._part, *changes], []
        if whole and not ended and not whole[-1].last:
            last = whole[-1].revision
            begins = next(i for i, change in enumerate(whole) if change.revision == last)
            whole, self._part = whole[:begins], whole[begins:]
        return whole

    def _new(self, changes: Iterable[Change]) -> Iterator[Change]:
        """The changes that the consumer has not had, noted as had."""
        for change in changes:
            etag = etag_of(change) if change.kind == UPSERT else ""
            known = self._is_known(change, etag)
            if self._untold is not None:
                self._untold.pop(change.name, None)
            elif self._told_to is not None and change.HasField("entry"):
                self._told_to = max(self._told_to, (change.revision, change.position))
            if known:
                continue
            if change.kind == UPSERT:
                self._digest[change.name] = etag
            else:
                self._digest.pop(change.name, None)
            yield change

    def _is_known(self, change: Change, etag: str) -> bool:
        if change.kind == UPSERT:
            if self._digest.get(change.name) == etag:
                return True
        elif self._mirrors and change.name not in self._digest:
            return True
        # What time alone did has no entry, and no place of its own in the order.
        if self._told_to is None or not change.HasField("entry"):
            return False
        return (change.revision, change.position) <= self._told_to

    def _batch(
        self,
        event: WatchEvent,
        changes: Sequence[Change],
        revision: int,
        reason: ResetReason = ResetReason.RESET_REASON_UNSPECIFIED,
    ) -> Batch:
        if not self._holds_token and not self._part:
            self._safe_token = self._token or self._safe_token
        caught_up = self._told_to is not None
        return Batch(event, changes, self._safe_token, revision, caught_up, reason)
