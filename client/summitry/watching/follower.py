"""The state machine of a follower: messages in, batches out. No connection, no clock, no gRPC.

A follower keeps a digest: the names and etags of the records that its consumer has. When the server
cannot resume from its token, it sends the present records of the view (a snapshot), and the digest
turns these into the difference: no record twice, and removed ones as LEFT_VIEW.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from itertools import islice
from typing import NamedTuple, TypeVar

from summitry.errors import CallError
from summitry.kinds import Record, unpack
from summitry.v1.change_service_pb2 import (
    Change,
    ChangeKind,
    ChangeView,
    ListChangesRequest,
    ListChangesResponse,
    ResetReason,
    WatchChangesRequest,
    WatchChangesResponse,
)

MOST_OFFERED = 1024
"""The most names that one request may carry."""

PAGE = 1000
"""Changes requested for each page."""

CHANGES_GONE = ResetReason.RESET_REASON_CHANGES_GONE
STORE_RESTORED = ResetReason.RESET_REASON_STORE_RESTORED
Start = TypeVar("Start", WatchChangesRequest, ListChangesRequest)

UPSERT, LEFT_VIEW = ChangeKind.CHANGE_KIND_UPSERT, ChangeKind.CHANGE_KIND_LEFT_VIEW


class WatchEvent(StrEnum):
    """The event of a message, by the name of its field."""

    CHANGES = "changes"
    CAUGHT_UP = "caught_up"
    CHECKPOINT = "checkpoint"
    RESET = "reset"


class Batch(NamedTuple):
    """The changes of one message, and the token that resumes after them."""

    event: WatchEvent
    changes: Sequence[Change]
    token: str  # resumes after this batch; save it once the changes are processed
    revision: int  # of the store when the server sent the message
    caught_up: bool  # all changes up to that revision have been delivered
    reset_reason: ResetReason = ResetReason.RESET_REASON_UNSPECIFIED


def record_of(change: Change) -> Record | None:
    """Return the record of a change, whatever its kind; None for LEFT_VIEW."""
    return unpack(change.record)


def etag_of(change: Change) -> str:
    """Return the etag of the record of a change; "" without a record."""
    record = record_of(change)
    return record.etag if record is not None else ""


class Follower:
    """The follower of one view.

    `token` resumes a former follower; "" begins: with `initial` at the present records, with a
    `snapshot` after it, with `log_start` at the first change of the log, else now. `known_etags`
    are the etags, by name, of the records that the consumer already has; None if it does not know.
    """

    def __init__(
        self,
        view: ChangeView,
        token: str = "",
        *,
        initial: bool = False,
        snapshot: str = "",
        log_start: bool = False,
        known_etags: Mapping[str, str] | None = None,
        changed_paths: bool = False,
    ) -> None:
        self._view = view
        self._changed_paths = changed_paths
        self._token = self._safe_token = token
        self._initial = initial
        self._snapshot = snapshot
        self._log_start = log_start
        self._digest = dict(known_etags or {})
        self.knows_all = known_etags is not None or not (token or snapshot)
        """True if the records of the consumer are known: a RESET then yields all differences."""
        self._mirrors = known_etags is not None or (
            initial and not token
        )  # the digest covers the whole view
        self._unconfirmed: dict[str, str] | None = None
        self._offering = False
        self._offer: dict[str, str] = {}
        self._delivered_to: tuple[int, float] | None = (
            None  # revision, position; None: not known, or within a snapshot
        )
        self._pending: list[Change] = []  # changes of a revision whose end has not arrived
        self._withholds_token = False
        if initial and not token:
            self._begin_snapshot()

    @property
    def token(self) -> str:
        """Return the token from which another process can resume."""
        return self._safe_token

    def watch_request(self) -> WatchChangesRequest:
        """Return the request that resumes the watch."""
        self._offer = dict(islice(self._digest.items(), MOST_OFFERED)) if self._offering else {}
        request = WatchChangesRequest(view=self._view, held=self._offer)
        request.include_changed_paths = self._changed_paths
        return self._begin(request)

    def list_request(self) -> ListChangesRequest:
        """Return the request for the next page of changes."""
        request = ListChangesRequest(view=self._view, page_size=PAGE)
        request.include_changed_paths = self._changed_paths
        return self._begin(request)

    def _begin(self, request: Start) -> Start:
        """Set where a request begins."""
        if self._token:
            request.token = self._token
        elif self._initial:
            request.initial.SetInParent()
        elif self._snapshot:
            request.snapshot = self._snapshot
        elif self._log_start:
            request.log_start.SetInParent()
        else:
            request.now.SetInParent()
        return request

    def should_offer_etags(self, message: WatchChangesResponse) -> bool:
        """Return True to reconnect with the known etags, for the server to send the difference.

        They are not part of every request: hundreds of kilobytes that are rarely needed.
        """
        if not message.HasField("reset") or self._offering or not self._digest:
            return False
        self._offering, self._token = True, message.token
        self._distrust_etags(message.reset.reason)
        return True

    def take(self, message: WatchChangesResponse) -> Batch:
        """Return the batch for a message of a watch."""
        self._token = message.token
        revision = message.header.revision
        changes: list[Change] = []
        event = WatchEvent(message.WhichOneof("event") or WatchEvent.CHECKPOINT)
        if event == WatchEvent.RESET:
            self._distrust_etags(message.reset.reason)
            self._begin_snapshot(reset=True)
        elif event == WatchEvent.CHANGES:
            changes = list(self._undelivered(message.changes.changes))
        elif event == WatchEvent.CAUGHT_UP:
            changes = self._end_snapshot(revision)
        # A message without changes of this view still advances the position: what is sent again up
        # to its revision after a reconnect was delivered.
        if self._delivered_to is not None and not changes:
            self._delivered_to = max(self._delivered_to, (revision, float("inf")))
        changes = self._whole_revisions(changes, event != WatchEvent.CHANGES)
        return self._batch(event, changes, revision, message.reset.reason)

    def take_page(self, page: ListChangesResponse) -> Batch:
        """Return the batch for a page of changes; that of the last page is CAUGHT_UP."""
        self._token = page.next_token
        changes = list(self._undelivered(page.changes))
        event = WatchEvent.CHANGES
        if not page.more:
            changes += self._end_snapshot(page.header.revision)
            event = WatchEvent.CAUGHT_UP
        changes = self._whole_revisions(changes, not page.more)
        return self._batch(event, changes, page.header.revision)

    def restart(self, error: CallError) -> Batch:
        """Restart with a snapshot, if the server cannot resume from the token any more.

        Raises any other error unchanged.
        """
        if error.reason != "CHANGES_GONE" or not (self._token or self._snapshot):
            raise error
        self._token, self._initial = "", True
        self._begin_snapshot(reset=True)
        reset_reason = error.metadata.get("reset_reason")
        reason = (
            STORE_RESTORED if reset_reason == ResetReason.Name(STORE_RESTORED) else CHANGES_GONE
        )
        return self._batch(WatchEvent.RESET, self._whole_revisions([], True), 0, reason)

    def _distrust_etags(self, reason: ResetReason) -> None:
        """Drop the etags if the server is of a release that could assign an etag twice.

        Only such a release sends AHEAD_OF_STORE, after its store was restored from a copy.
        """
        if reason == ResetReason.RESET_REASON_AHEAD_OF_STORE:
            self._digest = dict.fromkeys(self._digest, "")

    def _begin_snapshot(self, *, reset: bool = False) -> None:
        """Begin a snapshot: known records that are not confirmed by CAUGHT_UP have been removed.

        The server itself reports removals among the records whose etags were offered. Tokens from
        within a snapshot are withheld: resuming from one would lose the removals at its end.
        """
        self._delivered_to = None
        self._withholds_token = reset or bool(self._digest)
        self._unconfirmed = {n: etag for n, etag in self._digest.items() if n not in self._offer}

    def _end_snapshot(self, revision: int) -> list[Change]:
        removals = [
            Change(kind=LEFT_VIEW, name=name, revision=revision, last=True)
            for name in self._unconfirmed or ()
        ]
        for change in removals:
            del self._digest[change.name]
        self._unconfirmed, self._offering, self._offer = None, False, {}
        self._withholds_token = False
        self._delivered_to = (revision, float("inf"))
        return removals

    def _whole_revisions(self, changes: Sequence[Change], ended: bool) -> list[Change]:
        """Return the changes up to the last complete revision, and keep the rest for later."""
        whole, self._pending = [*self._pending, *changes], []
        if whole and not ended and not whole[-1].last:
            last = whole[-1].revision
            begins = next(i for i, change in enumerate(whole) if change.revision == last)
            whole, self._pending = whole[:begins], whole[begins:]
        return whole

    def _undelivered(self, changes: Iterable[Change]) -> Iterator[Change]:
        """Yield the changes that the consumer does not have yet, and record them as delivered."""
        for change in changes:
            etag = etag_of(change) if change.kind == UPSERT else ""
            is_known = self._is_known(change, etag)
            if self._unconfirmed is not None:
                self._unconfirmed.pop(change.name, None)
            elif self._delivered_to is not None and change.HasField("entry"):
                self._delivered_to = max(self._delivered_to, (change.revision, change.position))
            if is_known:
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
        # A change by the passing of time has no entry, and so no position in the order of writes.
        if self._delivered_to is None or not change.HasField("entry"):
            return False
        return (change.revision, change.position) <= self._delivered_to

    def _batch(
        self,
        event: WatchEvent,
        changes: Sequence[Change],
        revision: int,
        reason: ResetReason = ResetReason.RESET_REASON_UNSPECIFIED,
    ) -> Batch:
        # Within a split revision or a snapshot the consumer keeps the former token: resuming from
        # there repeats changes, while resuming from here would lose some.
        if not self._withholds_token and not self._pending:
            self._safe_token = self._token or self._safe_token
        caught_up = self._delivered_to is not None
        return Batch(event, changes, self._safe_token, revision, caught_up, reason)
