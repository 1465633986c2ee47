"""Changes as output: one table row each for people, one JSON value each for programs."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from summitry.cli import words
from summitry.cli.output import Cell, TableSection, fields, print_json, print_ndjson, print_table

if TYPE_CHECKING:
    from summitry.client import Client
    from summitry.v1.change_service_pb2 import Change, FieldDifference
    from summitry.watching import Batch

_STYLES = {"added": "green", "found": "dim", "deleted": "red", "left": "yellow", "changed": "cyan"}
# Derived fields repeat what other fields say, so they are shown only where nothing else changed:
# when a country changes its clocks, say.
_DERIVED = re.compile(r"\bresolved\b|^sequence$|^preferences\b")
MOST_COMPARED = 50
"""Largest batch whose field differences are shown; each change costs one call to the server."""


class _Json:
    """Prints changes for programs: one value each, and one when the initial state is complete."""

    def __init__(
        self, out: Callable[[Any], None], client: Client, args: argparse.Namespace
    ) -> None:
        self._out = out
        self._caught_up = False

    def __call__(self, batch: Batch, fresh: bool) -> None:
        from summitry.v1.change_service_pb2 import ResetReason

        if batch.reset_reason:
            reason = words.word(ResetReason, batch.reset_reason)
            self._out({"event": "reset", "reason": reason})
            self._caught_up = False
        for change in batch.changes:
            self._out(to_json(change))
        if batch.caught_up and not self._caught_up:
            self._caught_up = True
            self._out({"event": "caught-up", "revision": batch.revision})


def to_json(change: Change) -> dict[str, Any]:
    """Return a change as JSON."""
    from summitry.formats.files import to_dict
    from summitry.v1.change_service_pb2 import ChangeKind
    from summitry.watching.follower import record_of

    event: dict[str, Any] = {
        "event": words.word(ChangeKind, change.kind),
        "name": change.name,
        "revision": change.revision,
        "snapshot": change.snapshot,
        "position": change.position,
        "last": change.last,
    }
    if change.HasField("entry"):
        event["entry"] = fields(change.entry)
    if change.changed_paths:
        event["changed_paths"] = list(change.changed_paths)
    if (record := record_of(change)) is not None:
        event["record"] = to_dict(record)
    return event


class _ChangePrinter:
    """Prints changes for people: one row each, with the differing fields below it."""

    def __init__(self, client: Client, args: argparse.Namespace) -> None:
        self._client, self._language = client, args.language
        self._width = 0

    def __call__(self, batch: Batch, fresh: bool) -> None:
        from summitry.v1.change_service_pb2 import ResetReason

        if batch.reset_reason:
            reason = words.word(ResetReason, batch.reset_reason).replace("-", " ")
            text = (
                f"cannot resume from the token ({reason}): the present records follow, then changes"
            )
            print(f"summitry: {text}", file=sys.stderr, flush=True)  # noqa: T201
        changes = batch.changes
        if not changes:
            return
        self._width = max(self._width, *(len(_short(change.name)) for change in changes))
        compared = not fresh and len(changes) <= MOST_COMPARED
        rows = [row for change in changes for row in self._rows(change, fresh, compared)]
        print_table(("", "", "", ""), [TableSection("", rows)])

    def _rows(self, change: Change, fresh: bool, compared: bool) -> Iterator[list[Cell]]:
        from summitry.watching.follower import record_of

        change_word = "found" if fresh else _change_word(change)
        differences: list[FieldDifference] = []
        if compared and change_word == "changed" and change.HasField("entry"):
            change_word, differences = self._compared(change)
        record = record_of(change)
        when = change.entry.time.ToJsonString()[:19] if change.HasField("entry") else "by time"
        title = words.title(record, self._language) if record is not None else ""
        name = words.clean(_short(change.name)).ljust(self._width)
        yield [
            Cell(when.replace("T", " ").ljust(19), "dim"),
            Cell(change_word.ljust(7), _STYLES.get(change_word, "")),
            Cell(name),
            Cell(title, "strike" if change_word == "deleted" else ""),
        ]
        lines = list(map(_difference, differences))
        if change.changed_paths and not compared:
            lines = [words.clean(", ".join(change.changed_paths))]
        for line in lines:
            yield [Cell(""), Cell(""), Cell(""), Cell(line, "dim")]

    def _compared(self, change: Change) -> tuple[str, list[FieldDifference]]:
        """Return "added", or "changed" with the differences from the version before."""
        from summitry.errors import NotFoundError

        try:
            answer = self._client.diff(change.name, to_snapshot=change.snapshot)
        except NotFoundError:
            return "added", []
        stated = [
            difference
            for difference in answer.differences
            if not _DERIVED.search(difference.field_path)
        ]
        return "changed", stated or list(answer.differences)


def _change_word(change: Change) -> str:
    from summitry.v1.change_service_pb2 import ChangeKind

    words = {ChangeKind.CHANGE_KIND_DELETE: "deleted", ChangeKind.CHANGE_KIND_LEFT_VIEW: "left"}
    return words.get(change.kind, "changed")


def _difference(difference: FieldDifference) -> str:
    old, new = difference.old_value or "(nothing)", difference.new_value or "(nothing)"
    return words.clean(f"{difference.field_path}: {old} -> {new}")


def _short(name: str) -> str:
    return name.removeprefix("calendars/")


RENDERERS: dict[str, Callable[[Client, argparse.Namespace], Callable[[Batch, bool], None]]] = {
    "table": _ChangePrinter,
    "json": partial(_Json, print_json),
    "ndjson": partial(_Json, lambda value: print_ndjson([value])),
}
"""The function that prints batches, by the value of --output."""
