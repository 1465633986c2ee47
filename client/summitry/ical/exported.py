"""Marks in exported events: the record that an event is of, and whether the event was edited.

An event is written for readers: its texts are composed, in one language, and its time may be in
UTC. Importing it over its record would lose facts. So an exported event contains the name of its
record and a digest of its lines, by which an import recognises it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from summitry.ical.content_lines import unfold
from summitry.ical.text import escape, fold_all
from summitry.kinds import Record, parse_name

RECORD = "X-SUMMITRY-RECORD"
DIGEST = "X-SUMMITRY-DIGEST"
_EVENT = re.compile(rb"BEGIN:VEVENT\r\n(.*?)END:VEVENT\r\n", re.DOTALL)
_OURS = (f"{RECORD}:", f"{DIGEST}:")
_DIGITS = 16  # hexadecimal


class Exported(NamedTuple):
    """The mark of an exported event."""

    name: str  # of its record
    is_edited: bool


def mark_exported(data: bytes, records: Iterable[Record]) -> bytes:
    """Return an exported calendar file with a mark in each event."""
    names = {f"UID:{escape(record.ical_uid)}": record.name for record in records}
    return _EVENT.sub(lambda match: _marked(match[0], names), data)


def exported_from(text: str) -> Exported | None:
    """Return the mark of an event; None if the event was not exported by this software.

    `text` is the event with its lines unfolded.
    """
    lines = text.splitlines()
    values = {line.partition(":")[0]: line.partition(":")[2] for line in lines if _is_ours(line)}
    name = parse_name(values.get(RECORD, ""))
    if name is None:
        return None
    return Exported(str(name), values.get(DIGEST) != _digest(lines))


def _marked(event: bytes, names: Mapping[str, str]) -> bytes:
    lines = unfold(event).decode().splitlines()
    name = next((names[line] for line in lines if line in names), "")
    if not name:
        return event
    marks = fold_all([f"{RECORD}:{name}", f"{DIGEST}:{_digest(lines)}"])
    end = b"END:VEVENT\r\n"
    return event.removesuffix(end) + marks + end


def _digest(lines: Iterable[str]) -> str:
    text = "\n".join(line for line in lines if line and not _is_ours(line))
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]


def _is_ours(line: str) -> bool:
    return line.startswith(_OURS)
