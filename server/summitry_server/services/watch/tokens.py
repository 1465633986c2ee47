"""Tokens of changes: the place of a follower in a view of this store, signed.

A token holds the store, the view, the point of the store and where windows lay, so that any server
of the store can go on from it, and none has to remember who follows.
"""

from __future__ import annotations

import hashlib
from typing import NamedTuple

from summitry.v1.change_service_pb2 import (
    ChangeView,
    ListChangesRequest,
    ResetReason,
    WatchChangesRequest,
)
from summitry.v1.error_reason_pb2 import ErrorReason
from summitry.zones import TzDb
from summitry_server.context import Backend
from summitry_server.domain.changes.cursors import Cursor
from summitry_server.domain.changes.views import FollowerView, ViewState, view_of
from summitry_server.store.contract import Point, Reader
from summitry_server.store.points import passes
from summitry_server.wire.refusals import ALONE, RefusedError, missing

Start = ListChangesRequest | WatchChangesRequest


class Followed(NamedTuple):
    """A view that is followed, and the digest that tells it from others."""

    view: FollowerView
    digest: str

    def naming_changes(self, names_changes: bool) -> Followed:
        """Return the same view, whose changes name the changed fields if `names_changes`.

        It is followed by the same tokens.
        """
        return self._replace(view=self.view._replace(changed_paths=names_changes))


def followed(view: ChangeView, db: TzDb) -> Followed:
    """Return the view of a request. Raises RefusedError by the path of the field."""
    data = view.SerializeToString(deterministic=True)
    return Followed(view_of(view, "view", db), hashlib.sha256(data).hexdigest()[:24])


class ChangeTokens:
    """Makes and reads the tokens of changes of one store."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    def make(self, digest: str, cursor: Cursor, reader: Reader) -> str:
        """Return a token by which the same view goes on."""
        view_state = cursor.view_state
        bounds = [[window.start, window.end] for window in view_state.windows]
        chain = reader.point(_newest(cursor.revision, cursor.part)).chain
        place = [cursor.revision, cursor.part, cursor.after, cursor.reset, view_state.now, bounds]
        # Signed for no view in particular: a token of another view has to be told from a forged
        # one, since it is answered by a reset and not by a refusal.
        content = [self._backend.store_id, digest, chain, *place]
        return self._backend.tokens.sign(ChangeView(), content)

    def start(self, request: Start, followed_view: Followed, reader: Reader) -> Cursor | int:
        """Return the place where a request begins, or the ResetReason for which it cannot.

        Raises RefusedError REQUIRED_FIELD_MISSING, INVALID_CHANGE_TOKEN or INVALID_SNAPSHOT.
        """
        match request.WhichOneof("start"):
            case "token":
                return self.resume(followed_view, request.token, reader)
            case "snapshot":
                return self._after_snapshot(followed_view.view, request.snapshot, reader)
            case "initial":
                return self.begin(followed_view.view, reader.revision, "")
            case "now":
                return self.begin(followed_view.view, reader.revision)
            case "log_start":
                return self.begin(followed_view.view, reader.earliest() - 1)
        raise missing("start", "give a token, a snapshot, `initial`, `now` or `log_start`")

    def _after_snapshot(self, view: FollowerView, snapshot: str, reader: Reader) -> Cursor | int:
        try:
            revision = self._backend.snapshots.revision(reader, snapshot, "snapshot")
        except RefusedError as error:
            if error.reason == ErrorReason.ERROR_REASON_SNAPSHOT_OF_OTHER_HISTORY:
                return ResetReason.RESET_REASON_STORE_RESTORED
            raise
        if revision < reader.earliest() - 1:
            return ResetReason.RESET_REASON_CHANGES_GONE
        return self.begin(view, revision)

    def begin(
        self, view: FollowerView, revision: int, after: str | None = None, reset: int = 0
    ) -> Cursor:
        """Return the cursor of a follower who has no token that can be followed."""
        view_state = view.state_at(self._backend.clock.now(), self._backend.db)
        return Cursor(revision, view_state, after, reset)

    def resume(self, followed_view: Followed, token: str, reader: Reader) -> Cursor | int:
        """Return the place in a token, or the ResetReason for which it cannot be followed any more.

        Raises RefusedError INVALID_CHANGE_TOKEN for a token that this store did not sign.
        """
        try:
            store_id, digest, *place = self._backend.tokens.open(ChangeView(), token)
        except RefusedError as error:
            raise invalid_token() from error
        if store_id != self._backend.store_id:
            return ResetReason.RESET_REASON_STORE_RESTORED
        chain, revision, part, after, reset, now, bounds = place
        if digest != followed_view.digest:
            return ResetReason.RESET_REASON_OTHER_VIEW
        if reset:  # the difference of that reset was not finished, so it begins again
            return int(reset)
        if not passes(reader, Point(_newest(revision, part), chain)):
            return ResetReason.RESET_REASON_STORE_RESTORED
        if revision < reader.earliest() - 1:
            return ResetReason.RESET_REASON_CHANGES_GONE
        windows = tuple(
            window._replace(start=start, end=end)
            for window, (start, end) in zip(
                self.begin(followed_view.view, 0).view_state.windows, bounds, strict=True
            )
        )
        return Cursor(revision, ViewState(windows, now), after, part=part)


def _newest(revision: int, part: int) -> int:
    """Return the newest revision of which a token at this place has seen something."""
    return revision + 1 if part else revision


def invalid_token() -> RefusedError:
    """Return the refusal of a token that is not of the view and store."""
    return RefusedError(
        ErrorReason.ERROR_REASON_INVALID_CHANGE_TOKEN,
        "the token is not of this view and store: begin without one, with `initial`",
        "token",
        lead=ALONE,
    )
