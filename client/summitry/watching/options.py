"""The options of a watch or sync in both clients, and the state that they set up."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import NamedTuple, Protocol, TypedDict

from summitry.errors import CallError, InvalidArgumentError
from summitry.v1.change_service_pb2 import ChangeView, ResetReason
from summitry.v1.filter_pb2 import Filter
from summitry.v1.response_header_pb2 import ResponseHeader
from summitry.watching.follower import Batch, Follower
from summitry.watching.token_files import TokenStore
from summitry.watching.views import View

log = logging.getLogger("summitry.watching")

SILENCE = 60.0
"""Seconds without a message after which a stream counts as dead: four server heartbeats."""


class Break(NamedTuple):
    """A stream that failed and will be reopened."""

    error: CallError
    seconds: float  # until then


class SeenSnapshots(Protocol):
    """The memory of a client for snapshots."""

    def note(self, header: ResponseHeader) -> None:
        """Take note of the header of a message."""

    def forget(self, error: CallError) -> None:
        """Forget the snapshot that a stream was refused for."""


def log_break(broken: Break) -> None:
    """Log a break; the default of the option `on_break`."""
    log.warning("the watch failed and reconnects in %.1f s: %s", broken.seconds, broken.error)


class SyncOptions(TypedDict, total=False):
    """The options of `sync`."""

    token: str
    """Token to resume from; "" to begin."""
    token_store: TokenStore
    """Store from which the token is loaded, unless `token` is set, and to which it is saved."""
    view: View
    """View to keep up to date. Its own token is used, and an empty view begins with `initial`."""
    held: Mapping[str, str]
    """Etags, by name, of the records that you already have, if there is no view."""
    initial: bool
    """Without a token, begin with the present records of the view; the default of `sync`."""
    snapshot: str
    """Without a token, begin after the state of this snapshot, such as `header.snapshot`."""
    log_start: bool
    """Without a token, begin with the first change of the log; `sync` does with `initial=False`."""
    changed_paths: bool
    """Whether each change names the fields that it changed (`Change.changed_paths`)."""


class WatchOptions(SyncOptions, total=False):
    """The options of `watch`."""

    on_break: Callable[[Break], None]
    """Called with each break; an exception that it raises ends the watch."""
    patience: float
    """Seconds without a message after which the last error is raised; default: never."""
    silence: float
    """Seconds without a message after which a stream counts as dead (60)."""


def change_view(parent: str | ChangeView, filter: Filter | None) -> ChangeView:
    """Return the view of a calendar and a filter; a ChangeView is returned as it is."""
    if isinstance(parent, ChangeView):
        return parent
    return ChangeView(parent=parent, filter=filter)


class FollowerState:
    """A follower with its token store and its view, set up from the options."""

    def __init__(
        self,
        view: ChangeView,
        options: SyncOptions,
        *,
        initial: bool = False,
        log_start: bool = False,
    ) -> None:
        self._store = options.get("token_store")
        self._view = options.get("view")
        token, known_etags = options.get("token", ""), options.get("held")
        if self._view is not None:
            # Any other token would skip or repeat changes that the view has or lacks.
            token, known_etags, initial = self._view.token, self._view.etags(), True
        elif self._store is not None:
            token = token or self._store.load()
        snapshot = options.get("snapshot", "")
        self.follower = Follower(
            view,
            token,
            initial=options.get("initial", initial and not (snapshot or options.get("log_start"))),
            snapshot=snapshot,
            log_start=options.get("log_start", log_start),
            known_etags=known_etags,
            changed_paths=options.get("changed_paths", False),
        )

    def apply(self, batch: Batch) -> Batch:
        """Apply a batch to the view, before it is delivered."""
        if self._view is not None:
            self._view.apply(batch)
        return batch

    def save_token(self, batch: Batch) -> None:
        """Save the token of a batch that the consumer has processed."""
        if self._store is not None:
            self._store.save(batch.token)

    def require_known(self, batch: Batch) -> Batch:
        """Return a batch, or refuse it after a RESET if the records of the consumer are unknown.

        Consumers of single changes see no `reset_reason`, so they would miss removals. Raises
        InvalidArgumentError.
        """
        if batch.reset_reason and not self.follower.knows_all:
            reason = ResetReason.Name(batch.reset_reason).removeprefix("RESET_REASON_")
            raise InvalidArgumentError(
                "the server cannot resume from the token, and your records are unknown: give "
                "`view` or `held`, or discard token and records and begin with `initial`",
                code="OUT_OF_RANGE",
                reason=reason,
                metadata={"field": "token"},
            )
        return batch
