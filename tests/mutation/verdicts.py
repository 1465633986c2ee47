"""What a run found, against the survivors that are known and the reason why each may live."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from tests.mutation.running import KILLED, SURVIVED

SURVIVORS = Path(__file__).with_name("survivors.toml")
REASONS = ("equivalent: ", "tuning: ", "race: ", "words: ")
"""How a reason begins. Equivalent: nothing that anyone sees differs. Tuning: a constant whose
exact value nobody relies on. Race: it shows only when threads meet in one moment. Words: it
changes what is said to people, and no fact."""


class Key(NamedTuple):
    """The identity of a mutant, which is stable from one run to the next."""

    module: str
    function: str
    change: str


def read_survivors(path: Path = SURVIVORS) -> dict[Key, str]:
    """Return the known survivors with their reasons. Raise ValueError for one without a reason."""
    entries = tomllib.loads(path.read_text("utf-8")).get("survivor", [])
    survivors = {
        Key(entry["module"], entry["function"], entry["change"]): entry["reason"]
        for entry in entries
    }
    for key, reason in survivors.items():
        if not reason.startswith(REASONS):
            raise ValueError(f"survivor {key}: a reason begins with one of {REASONS}")
    if len(survivors) != len(entries):
        raise ValueError("a survivor is listed twice")
    return survivors


def faults(
    survivors: Mapping[Key, str], possible: Mapping[str, set[Key]], verdicts: Mapping[Key, str]
) -> Sequence[str]:
    """Return what makes a run fail.

    `possible` are all mutants of each module that was looked at, `verdicts` those that were run.
    """
    unknown = [
        f"survived, and is not known: {key}"
        for key, verdict in verdicts.items()
        if verdict == SURVIVED and key not in survivors
    ]
    killed = [
        f"is listed as a survivor, and was killed: {key}"
        for key in survivors
        if verdicts.get(key) == KILLED
    ]
    impossible = [
        f"is listed as a survivor, and is no longer possible: {key}"
        for key in survivors
        if key.module in possible and key not in possible[key.module]
    ]
    return [*unknown, *killed, *impossible]
