"""The names of protobuf JSON are those of the list: files, pages and clients of others hold them."""

from __future__ import annotations

import os
from pathlib import Path

from tests.api import enums, messages

GOLDEN = Path(__file__).parents[1] / "data" / "json_names.txt"


def json_names() -> str:
    """Return a line for each message and enum: its name, then the names that JSON has for its parts."""
    lines = [[message.name, *(f.json_name for f in message.fields)] for message in messages()]
    lines += [[enum.name, *(value.name for value in enum.values)] for enum in enums()]
    return "".join(f"{' '.join(line)}\n" for line in sorted(lines))


def test_json_names_are_those_of_the_list() -> None:
    """SUMMITRY_GOLDEN=1 writes the list anew, which breaks clients after the first release."""
    if os.environ.get("SUMMITRY_GOLDEN") == "1":
        GOLDEN.write_text(json_names(), encoding="utf-8")
    assert json_names() == GOLDEN.read_text(encoding="utf-8")
