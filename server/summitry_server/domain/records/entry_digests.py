"""Digests of whole entries, by which an import knows an entry that it has imported before.

An entry that a record has taken in leaves it as it is when it is imported again, so nothing of it
needs to be checked, resolved or compared. The digest stands in `source_digests`, beside those of
single values (domain.source_merge), so that any server of the store knows it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from summitry.kinds import Record

# The key of the digest of a whole entry, as it was sent; no field has this name.
ENTRY = "*"
_DIGEST = 8  # bytes
# What follows the digest: the entry is one of a source (source_merge), it had warnings, and the
# source no longer has it (then there is no digest).
_FROM_SOURCE, _IMPLAUSIBLE, _ABSENT = "s", "w", "g"
_MARKS = _FROM_SOURCE + _IMPLAUSIBLE + _ABSENT


def entry_digest(record: Record, context: str) -> str:
    """Return the digest of an entry as it was sent; `context` is all else that decides its result.

    That is the release of the time zone database and the options of the import, say.
    """
    digest = hashlib.blake2b(context.encode() + b"\0", digest_size=_DIGEST)
    digest.update(record.SerializeToString(deterministic=True))
    return digest.hexdigest()


def note_entry(record: Record, digest: str, *, from_source: bool, is_implausible: bool) -> None:
    """Note in a record, in place, that it has taken in all of an entry."""
    marks = _FROM_SOURCE * from_source + _IMPLAUSIBLE * is_implausible
    record.source_digests[ENTRY] = digest + marks


def drop_entry(record: Record) -> None:
    """Drop the digest of an entry of which something was not taken, in place."""
    record.source_digests.pop(ENTRY, None)


def note_gone(record: Record) -> None:
    """Note in a record, in place, that it was cancelled because its source no longer has it.

    The entry that brought it is then not known as taken in, and brings it back.
    """
    record.source_digests[ENTRY] = _FROM_SOURCE + _ABSENT


def was_gone(record: Record) -> bool:
    """Return whether a record was cancelled because its source no longer had it."""
    return _ABSENT in record.source_digests.get(ENTRY, "")


def note_edit_of_entry(record: Record) -> None:
    """Note in a record, in place, that something else than an import changed it.

    An entry of a source that did not change leaves edits alone. Any other record becomes what the
    entry says if that is imported again, so that its digest has to go.
    """
    if _FROM_SOURCE not in record.source_digests.get(ENTRY, _FROM_SOURCE):
        drop_entry(record)


def is_imported(record: Record, digest: str) -> bool:
    """Return whether an entry is the last that a record has taken in."""
    return record.source_digests.get(ENTRY, "").rstrip(_MARKS) == digest


def was_implausible(record: Record) -> bool:
    """Return whether the last entry that a record has taken in had warnings."""
    return _IMPLAUSIBLE in record.source_digests.get(ENTRY, "")


def value_digests(record: Record) -> dict[str, str]:
    """Return the digests of the values that a source gave last, without that of the entry."""
    return {path: digest for path, digest in record.source_digests.items() if path != ENTRY}


def set_value_digests(record: Record, digests: Mapping[str, str]) -> None:
    """Replace the digests of values, in place; empty ones are left out."""
    for path in value_digests(record):
        del record.source_digests[path]
    record.source_digests.update({path: digest for path, digest in digests.items() if digest})
