"""What a batch is made of: writes, and what must hold before the first of them.

from summitry._calls import batch

client.batch_write(
    [batch.create(meeting), batch.update(summit, ["time"]), batch.delete(old.name)],
    preconditions=[batch.absent(meeting.name), batch.unchanged(visit)],
    reason="the programme of 3 July",
)
"""

from summitry._calls.batch import (
    absent,
    act,
    create,
    delete,
    purge,
    restore,
    unchanged,
    undelete,
    update,
)

__all__ = [
    "absent",
    "act",
    "create",
    "delete",
    "purge",
    "restore",
    "unchanged",
    "undelete",
    "update",
]
