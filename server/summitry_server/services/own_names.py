"""Names of records of calendar files whose UIDs look alike as ids.

An id has lower-case letters, digits and hyphens, so that the UIDs `Event_1@example.org` and
`event-1@example.org` have one id. The second of them gets an id with a digest of its UID, by which
it is found again: the UID is the identity of a record, and not its id.
"""

from __future__ import annotations

import hashlib
from copy import deepcopy
from typing import Protocol

from summitry.ical.reading.versions import LABELS
from summitry.kinds import Record
from summitry_server.store.contract import Row

_LONGEST = 63  # characters of an id
_DIGITS = 8  # of the digest


class _UidHolders(Protocol):
    """The part of a snapshot or a write by which records are found."""

    def holder(self, uid: str) -> str | None:
        """Return the name of the row that has this uid."""


def under_own_name(rows: _UidHolders, row: Row | None, record: Record) -> Record:
    """Return a record of a calendar file as it is to be stored: renamed if its name is another's.

    `row` is the one of its name. A UID that is stored in another collection changes nothing: it is
    refused later.
    """
    is_of_file = any(label in record.labels for label in LABELS)
    if row is None or not is_of_file or record.ical_uid in ("", row.uid):
        return record
    collection, _, own_id = record.name.rpartition("/")
    name = rows.holder(record.ical_uid)
    if name is None:
        digest = hashlib.sha256(record.ical_uid.encode()).hexdigest()[:_DIGITS]
        name = f"{collection}/{own_id[: _LONGEST - _DIGITS - 1].rstrip('-')}-{digest}"
    elif name.rpartition("/")[0] != collection:
        return record
    renamed = deepcopy(record)
    renamed.name = name
    return renamed
