"""`summitry import FILE.ics`: what is read, what is told, and what must be said."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

FILE = """BEGIN:VCALENDAR
VERSION:2.0
BEGIN:VEVENT
UID:talks
DTSTART;TZID=Romance Standard Time:20240704T100000
SUMMARY:Talks
END:VEVENT
BEGIN:VEVENT
UID:broken
DTSTART:never
END:VEVENT
BEGIN:VEVENT
UID:doors
DTSTART:20240704T090000
SUMMARY:Doors open
END:VEVENT
END:VCALENDAR
"""


@pytest.fixture
def programme(tmp_path: Path) -> str:
    path = tmp_path / "programme.ics"
    path.write_text(FILE)
    return str(path)


def test_a_file_becomes_records(cli: Any, desk: Any, programme: str) -> None:
    said = (
        "--into",
        "desk",
        "--zone",
        "Asia/Almaty",
        "--tzid",
        "Romance Standard Time=Europe/Paris",
    )
    found = cli("import", programme, *said)
    assert (found.code, found.out) == (
        1,
        "2 created, 0 updated, 0 unchanged, 1 failed\nrefused: 1 UNREADABLE\n",
    )
    assert f"{programme}, event 2: DTSTART is broken" in found.err
    doors = cli("meetings", "get", "desk/doors", "--output", "json").json
    assert doors["time"]["resolved"]["start_text"] == "2024-07-04T09:00:00+05:00[Asia/Almaty]"
    assert "2 unchanged" in cli("import", programme, *said).out


def test_what_the_file_does_not_say_is_asked_for(cli: Any, desk: Any, programme: str) -> None:
    found = cli("import", programme)
    assert found.code and "--calendar ID" in found.err
    found = cli("import", programme, "--into", "desk")
    assert "event 1: TZID 'Romance Standard Time' is a Windows time zone name" in found.err
    assert "event 3: DTSTART names no time zone" in found.err
    found = cli("import", programme, "--into", "desk", "--zone", "Asia/Almatty")
    assert found.code and "Asia/Almaty" in found.err
    assert cli("import", programme, "--into", "desk", "--tzid", "x").code == 2
