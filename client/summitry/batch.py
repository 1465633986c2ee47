"""The parts of a batch: writes, and the preconditions of all of them.

from summitry._calls import batch

client.batch_write(
    [batch.create(meeting), batch.update(summit, ["time"]), batch.delete(old.name)],
    preconditions=[batch.absent(meeting.name), batch.unchanged(visit)],
    reason="the programme of 3 July",
)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from summitry._calls import batch
from summitry._calls.batch import (
    absent,
    create,
    delete,
    purge,
    restore,
    transition,
    unchanged,
    undelete,
    update,
)
from summitry._calls.renamed import find_renamed

__all__ = [
    "absent",
    "create",
    "delete",
    "purge",
    "restore",
    "transition",
    "unchanged",
    "undelete",
    "update",
]

if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        """Return the function that has a new name (PEP 562)."""
        return find_renamed(batch, "batch", name)
