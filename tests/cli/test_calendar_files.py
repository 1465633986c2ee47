"""Import of iCalendar files from the command line: records, warnings and required flags."""

from __future__ import annotations

import json
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
    flags = (
        "--into",
        "desk",
        "--zone",
        "Asia/Almaty",
        "--tzid",
        "Romance Standard Time=Europe/Paris",
    )
    outcome = cli("import", programme, *flags)
    assert (outcome.code, outcome.out) == (
        1,
        "2 created, 0 updated, 0 unchanged, 1 failed\nrefused: 1 UNREADABLE\n",
    )
    assert f"{programme}, event 2: DTSTART is broken" in outcome.err
    doors = cli("meetings", "get", "desk/doors", "--output", "json").json
    assert doors["time"]["resolved"]["start_text"] == "2024-07-04T09:00:00+05:00[Asia/Almaty]"
    assert "2 unchanged" in cli("import", programme, *flags).out


def test_what_the_file_does_not_say_is_asked_for(cli: Any, desk: Any, programme: str) -> None:
    outcome = cli("import", programme)
    assert outcome.code and "--calendar ID" in outcome.err
    outcome = cli("import", programme, "--into", "desk")
    assert "event 1: TZID 'Romance Standard Time' is taken as Europe/Paris" in outcome.err
    assert "event 3: DTSTART names no time zone" in outcome.err
    outcome = cli("import", programme, "--into", "desk", "--zone", "Asia/Almatty")
    assert outcome.code and "Asia/Almaty" in outcome.err
    assert cli("import", programme, "--into", "desk", "--tzid", "x").code == 2


TALKS = """BEGIN:VCALENDAR
VERSION:2.0
BEGIN:VEVENT
UID:talks
DTSTAMP:20240601T080000Z
DTSTART;TZID=Europe/Paris:20240704T100000
SUMMARY;LANGUAGE=en:Talks
LOCATION:Palace
END:VEVENT
END:VCALENDAR
"""


def titles_of(cli: Any) -> list[str]:
    titles = cli("meetings", "get", "desk/talks", "--output", "json").json["titles"]
    return sorted(title["text"] for title in titles)


def test_edits_of_a_desk_outlive_imports_of_the_file(cli: Any, desk: Any, tmp_path: Path) -> None:
    path = tmp_path / "talks.ics"
    path.write_text(TALKS)
    assert "1 created" in cli("import", str(path), "--into", "desk").out
    titles = ("--title", "en=Talks", "--title", "fr=Pourparlers")
    assert cli("meetings", "update", "desk/talks", *titles).code == 0
    assert "0 updated, 1 unchanged" in cli("import", str(path), "--into", "desk").out
    assert titles_of(cli) == ["Pourparlers", "Talks"]

    newer = TALKS.replace("20240601T08", "20240602T08").replace("20240704T10", "20240704T11")
    path.write_text(newer)
    assert "1 updated" in cli("import", str(path), "--into", "desk").out
    assert titles_of(cli) == ["Pourparlers", "Talks"]
    record = cli("meetings", "get", "desk/talks", "--output", "json").json
    assert record["time"]["timed"]["start"]["civil_time"] == "2024-07-04T11:00"

    titles = ("--title", "en=Plenary", "--title", "fr=Pourparlers")
    assert cli("meetings", "update", "desk/talks", *titles).code == 0
    path.write_text(newer.replace(":Talks", ":Negotiations").replace("20240602T08", "20240603T08"))
    for flags in (("--dry-run",), ()):
        outcome = cli("import", str(path), "--into", "desk", *flags)
        assert "EDIT_KEPT: titles[en]" in outcome.err and "Negotiations" in outcome.err
        assert "doubtful: 1 EDIT_KEPT" in outcome.out
    assert titles_of(cli) == ["Plenary", "Pourparlers"]


def test_edit_of_a_later_day_of_a_series_outlives_the_import(
    cli: Any, desk: Any, tmp_path: Path
) -> None:
    path = tmp_path / "talks.ics"
    rule = "RRULE:FREQ=DAILY;COUNT=3\nSUMMARY;LANGUAGE=en"
    path.write_text(TALKS.replace("SUMMARY;LANGUAGE=en", rule))
    assert "3 created" in cli("import", str(path), "--into", "desk").out
    names = [meeting["name"] for meeting in cli("meetings", "list", "--output", "json").json]
    last = "/".join(sorted(names)[-1].split("/")[1::2])
    assert cli("meetings", "update", last, "--title", "en=Closing talks").code == 0
    assert "0 updated, 3 unchanged" in cli("import", str(path), "--into", "desk").out
    record = cli("meetings", "get", last, "--output", "json").json
    assert [title["text"] for title in record["titles"]] == ["Closing talks"]


@pytest.mark.parametrize("flags", [(), ("--merge",)], ids=["whole", "merge"])
@pytest.mark.parametrize("options", [(), ("--partial", "span", "--language", "fr")])
def test_unedited_export_changes_nothing(
    cli: Any, sample: Any, tmp_path: Path, options: tuple[str, ...], flags: tuple[str, ...]
) -> None:
    path = tmp_path / "astana.ics"
    assert cli("export", "astana-2024", "-o", str(path), *options).code == 0
    before = cli("export", "astana-2024", "--format", "ndjson").out
    outcome = cli("import", str(path), "--into", "astana-2024", *flags)
    events = path.read_bytes().count(b"BEGIN:VEVENT")
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out == f"0 created, 0 updated, {events} unchanged, 0 failed\n"
    assert cli("export", "astana-2024", "--format", "ndjson").out == before


def test_unedited_export_that_is_longer_than_a_record_keeps_changes_nothing(
    cli: Any, desk: Any, tmp_path: Path
) -> None:
    source, path = tmp_path / "m.ndjson", tmp_path / "m.ics"
    record = {
        "name": "calendars/desk/meetings/m",
        "titles": [{"text": "Talks", "language_code": "en"}],
        "time": {"dates": {"first_date": "2024-07-04", "last_date": "2024-07-04"}},
        "participants": [{"person": {"source_text": f"{at} {'name ' * 30}"}} for at in range(500)],
    }
    source.write_text(json.dumps(record))
    assert cli("import", str(source)).code == 0
    assert cli("export", "desk", "-o", str(path)).code == 0
    outcome = cli("import", str(path), "--into", "desk", "--merge")
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out == "0 created, 0 updated, 1 unchanged, 0 failed\n"


def test_edited_export_is_refused_by_event(cli: Any, sample: Any, tmp_path: Path) -> None:
    path = tmp_path / "astana.ics"
    assert cli("export", "astana-2024", "-o", str(path)).code == 0
    path.write_bytes(path.read_bytes().replace(b"CLASS:PUBLIC", b"CLASS:PRIVATE", 1))
    outcome = cli("import", str(path), "--into", "astana-2024")
    assert outcome.code == 1
    assert "0 created, 0 updated" in outcome.out and "1 failed" in outcome.out
    assert "was exported from calendars/astana-2024/" in outcome.err and "update" in outcome.err


def test_export_becomes_events_of_another_calendar(
    cli: Any, sample: Any, start: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "astana.ics"
    assert cli("export", "astana-2024", "-o", str(path)).code == 0
    events = path.read_bytes().count(b"BEGIN:VEVENT")
    monkeypatch.setenv("SUMMITRY_SERVER", start().grpc)
    for calendar in ("astana-2024", "desk"):
        assert cli("calendars", "create", "--id", calendar, "--zone", "Asia/Almaty").code == 0
    outcome = cli("import", str(path), "--into", "desk")
    assert outcome.out.startswith(f"{events} created"), outcome.err
    again = cli("import", str(path), "--into", "desk")
    assert again.out.startswith(f"0 created, 0 updated, {events} unchanged, 0 failed")


def test_export_does_not_bring_back_what_was_deleted(cli: Any, sample: Any, tmp_path: Path) -> None:
    path = tmp_path / "astana.ics"
    assert cli("export", "astana-2024", "-o", str(path)).code == 0
    notice = cli("notices", "list", "--output", "json").json[0]["name"].split("/")[-1]
    assert cli("notices", "delete", f"astana-2024/{notice}").code == 0
    outcome = cli("import", str(path), "--into", "astana-2024")
    assert (outcome.code, "1 failed" in outcome.out) == (1, True)
    notices = cli("notices", "list", "--output", "json").json
    assert notice not in {record["name"].split("/")[-1] for record in notices}


HOSTILE = """BEGIN:VCALENDAR
BEGIN:VEVENT
UID:endless
DTSTART:20240704T090000Z
RRULE:FREQ=MONTHLY;INTERVAL=0;BYMONTHDAY=1
END:VEVENT
BEGIN:VEVENT
UID:secret
DTSTART:20240704T090000Z
CLASS:X-SECRET
GEO:48.85,2.29
END:VEVENT
BEGIN:VEVENT
UID:cut
"""


def test_fault_costs_its_event_and_warnings_are_shown(cli: Any, desk: Any, tmp_path: Path) -> None:
    path = tmp_path / "hostile.ics"
    path.write_text(HOSTILE)
    outcome = cli("import", str(path), "--into", "desk", "--dry-run")
    assert outcome.code == 1
    assert outcome.out == (
        "dry run: 1 created, 0 updated, 0 unchanged, 2 failed\n"
        "refused: 2 UNREADABLE\ndoubtful: 2 ADJUSTED\n"
    )
    assert f"{path}, event 1: RRULE is broken: INTERVAL=0" in outcome.err
    assert f"ADJUSTED: {path}, event 2: CLASS:X-SECRET is not known" in outcome.err
    assert f"{path}, event 3: END:VEVENT is missing" in outcome.err


def test_line_folded_within_a_character_is_read(cli: Any, desk: Any, tmp_path: Path) -> None:
    path = tmp_path / "folded.ics"
    lines = FILE.partition("BEGIN:VEVENT\nUID:doors")
    event = (lines[1] + lines[2]).replace("Doors", "Entr@e").encode()
    path.write_bytes(lines[0][:28].encode() + event.replace(b"@", b"\xc3\r\n \xa9"))
    assert "1 created" in cli("import", str(path), "--into", "desk", "--zone", "UTC").out
    doors = cli("meetings", "get", "desk/doors", "--output", "json").json
    assert doors["titles"][0]["text"] == "Entrée open"
