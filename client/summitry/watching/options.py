"""What both clients take for a watch, and how a view is said."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import NamedTuple, TypedDict

from summitry.errors import CallError, InvalidArgumentError
from summitry.v1.change_service_pb2 import ChangeView, ResetReason
from summitry.v1.filter_pb2 import Filter
from summitry.watching.follower import Batch, Follower
from summitry.watching.tokens import TokenStore
from summitry.watching.views import View

log = logging.getLogger("summitry.watching")

SILENCE = 60.0
"""Seconds without a sign of life after which a stream is taken for dead: four of the server's."""


class Break(NamedTuple):
    """A stream that broke, and is opened again."""

    error: CallError
    seconds: float  # until then


def log_break(broken: Break) -> None:
    """What is done with a break unless an option says otherwise."""
    log.warning("the watch broke, and goes on in %.1f s: %s", broken.seconds, broken.error)


class SyncOptions(TypedDict, total=False):
    """The options of `sync`."""

    token: str
    """Where to go on; "" to begin."""
    token_store: TokenStore
    """Where the token is read from, unless `token` is given, and kept."""
    view: View
    """Kept up to date, and gone on from; its own token holds, and it begins with `initial`."""
    held: Mapping[str, str]
    """Names and etags of what you hold from before, if there is no view."""
    initial: bool
    """Without a token, begin with what the view holds now; for `sync` the default."""


class WatchOptions(SyncOptions, total=False):
    """The options of `watch`."""

    on_break: Callable[[Break], None]
    """Told of each break; what it raises ends the watch."""
    patience: float
    """Seconds without an answer after which the last error is raised; else there is no end."""
    silence: float
    """Seconds without a sign of life after which a stream is taken for dead (60)."""


def change_view(parent: str | ChangeView, filter: Filter | None) -> ChangeView:
    """The view of a calendar and a filter, or as it is said whole."""
    if isinstance(parent, ChangeView):
        return parent
    return ChangeView(parent=parent, filter=filter)


class Place:
    """Where one follower is kept: its token and its view, as the options say."""

    def __init__(self, view: ChangeView, options: SyncOptions, *, initial: bool) -> None:
        self._store = options.get("token_store")
        self._view = options.get("view")
        token, held = options.get("token", ""), options.get("held")
        if self._view is not None:
            # Any other token would be of more, or of less, than the view holds.
            token, held, initial = self._view.token, self._view.etags(), True
        elif self._store is not None:
            token = token or self._store.load()
        initial = options.get("initial", initial)
        self.follower = Follower(view, token, initial=initial, held=held)

    def bring(self, batch: Batch) -> Batch:
        """Take a batch into the view, before it is handed out."""
        if self._view is not None:
            self._view.apply(batch)
        return batch

    def keep(self, batch: Batch) -> None:
        """Keep the token of a batch that the consumer is done with."""
        if self._store is not None:
            self._store.save(batch.token)

    def told(self, batch: Batch) -> Batch:
        """A batch for a consumer that sees changes only: it could not know what has gone."""
        if batch.reset_reason and not self.follower.knows_all:
            reason = ResetReason.Name(batch.reset_reason).removeprefix("RESET_REASON_")
            raise InvalidArgumentError(
                "the token can no longer be followed, and what you hold is not known here: give "
                "`view` or `held`, or forget both token and records and begin with `initial`",
                code="OUT_OF_RANGE",
                reason=reason,
                metadata={"field": "token"},
            )
        return batch
