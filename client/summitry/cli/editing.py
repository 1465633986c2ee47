"""Change a stored record by reading it, editing it and writing it back under its etag."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from copy import deepcopy
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from summitry.client import Client
    from summitry.kinds import Record

TRIES = 5
# Fields that quote a source, each with the field that holds the same fact as a value. A flag that
# changes the value leaves the quotation, which may then contradict it.
_WORDS = {"status_text": "status"}


def edit_record(
    client: Client,
    name: str,
    edit: Callable[[Any], None],
    *,
    etag: str = "",
    reason: str = "",
    validate_only: bool = False,
) -> Record:
    """Read a record, edit a copy, write the fields that differ, and return what is stored.

    With an etag only that version is changed. Without one the edit is made again, on the newer
    version, when somebody else has written meanwhile; after some tries AbortedError is raised.
    With `validate_only` nothing is stored.
    """
    from summitry.errors import AbortedError

    for attempt in range(1, TRIES + 1):
        present = client.get(name)
        edited = deepcopy(present)
        edit(edited)
        edited.etag = etag or present.etag
        paths = changed_fields(present, edited)
        try:
            # Without a difference, "*" still makes the server compare the etag.
            stored = client.update(
                edited, paths or ["*"], reason=reason, validate_only=validate_only
            )
        except AbortedError:
            if etag or attempt == TRIES:
                raise
        else:
            _note_words(stored, paths)
            return stored
    raise AssertionError("unreachable")


def merge_file(record: Any, sent: Any) -> None:
    """Copy the fields that a file sets into a record, each whole; name, uid and etag stay."""
    for field, _ in sent.ListFields():
        if field.name not in ("name", "ical_uid", "etag"):
            record.ClearField(field.name)
    bare = deepcopy(sent)
    for name in ("name", "ical_uid", "etag"):
        bare.ClearField(name)
    record.MergeFrom(bare)


def changed_fields(before: Record, after: Record) -> list[str]:
    """Return the names of the fields in which two versions differ, but for the etag."""
    return [
        field.name
        for field in before.DESCRIPTOR.fields
        if field.name != "etag" and _differ(before, after, field)
    ]


def _differ(before: Any, after: Any, field: Any) -> bool:
    if field.has_presence and before.HasField(field.name) != after.HasField(field.name):
        return True
    return bool(getattr(before, field.name) != getattr(after, field.name))


def _note_words(record: Any, paths: Iterable[str]) -> None:
    """Warn when the text of a source, which described the former value, was left in place."""
    from summitry.cli.words import clean

    for words, value in _WORDS.items():
        text = getattr(record, words, "")
        if text and value in paths and words not in paths:
            note = f"{words} still says {text!r}; --clear {words} removes it"
            print(clean(f"summitry: {note}"), file=sys.stderr)  # noqa: T201
