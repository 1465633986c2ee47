"""Import by profiles and export in every format from the command line."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from summitry.formats.profiles import PROFILES

VISIT = {
    "id": "example-visit-1",
    "record": "visit",
    "host": {"iso2": "US"},
    "sending": {
        "label": "India", "slug": "india", "iso2": "IN", "iso3166_3": None,
        "polity_at_the_time": None,
    },
    "visitors": [{"title": "Prime Minister", "name": "Narendra Modi"}],
    "visitor_raw": "Prime Minister Narendra Modi",
    "kinds": ["state_visit"],
    "start": "2023-06-21",
    "end": "2023-06-24",
    "text_dates": [],
    "description": "State visit.",
    "irregular": [],
    "source": "https://example.org/visits",
    "source_file": "visits.xml",
    "license": "CC0-1.0",
    "original": {"id": "1"},
}  # fmt: skip
DOUBTFUL = {
    "name": "calendars/desk/summits/s",
    "places": [{"region_code": "DE", "localities": [{"text": "Astana"}]}],
}


def lines(*entries: Any) -> str:
    return "".join(json.dumps(entry) + "\n" for entry in entries)


@pytest.fixture
def visits(tmp_path: Path) -> str:
    """Write a file of the State Department, with a line that is broken and one of another kind."""
    path = tmp_path / "visits.ndjson"
    odd = {**VISIT, "id": "example-visit-2", "kinds": ["boat_trip"]}
    path.write_text(lines(VISIT, odd, {**VISIT, "id": "example-visit-3"}))
    return str(path)


def test_file_of_another_maker_is_imported(cli: Any, desk: Any, visits: str) -> None:
    outcome = cli("import", "--profile", "state-department", visits)
    assert outcome.code == 1
    assert outcome.out == "3 created, 0 updated, 0 unchanged, 1 failed\nrefused: 1 UNREADABLE\n"
    assert outcome.err.startswith(f"summitry: {visits}, line 2: unknown kind of visit 'boat_trip'")
    stored = cli("visits", "get", "us-visits/example-visit-1", "--output", "json").json
    assert json.loads(stored["original"]) == VISIT["original"]
    again = cli("import", "--profile", "state-department", visits).out
    assert again.startswith("0 created, 0 updated, 3 unchanged, 1 failed\n")


def test_edited_calendar_of_a_profile_keeps_its_edits(cli: Any, desk: Any, visits: str) -> None:
    cli("import", "--profile", "state-department", visits)
    assert cli("calendars", "update", "us-visits", "--title", "de=Besuche").code == 0
    again = cli("import", "--profile", "state-department", visits).out
    assert again.startswith("0 created, 0 updated, 3 unchanged, 1 failed\n")
    titles = cli("calendars", "get", "us-visits", "--output", "json").json["titles"]
    assert "Besuche" in [title["text"] for title in titles]


def test_dry_run_reports_the_same_and_stores_nothing(cli: Any, desk: Any, visits: str) -> None:
    dry = cli("import", "--profile", "state-department", "--dry-run", visits)
    assert dry.out.startswith("dry run: 3 created, 0 updated, 0 unchanged, 1 failed\n")
    assert [c["name"] for c in cli("calendars", "list", "--output", "json").json] == [
        "calendars/desk"
    ]


def test_entries_before_the_start_position_are_left_out(cli: Any, desk: Any, visits: str) -> None:
    outcome = cli("import", "--profile", "state-department", "--from", "3", visits)
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out == "2 created, 0 updated, 0 unchanged, 0 failed\n"
    names = [v["name"] for v in cli("visits", "list", "--output", "json").json]
    assert names == ["calendars/us-visits/visits/example-visit-3"]


def test_warnings_are_counted_and_printed_on_request(cli: Any, desk: Any) -> None:
    quiet = cli("import", "-", stdin=lines(DOUBTFUL))
    assert quiet.out.endswith("doubtful: 1 PLACE_NOT_IN_COUNTRY\n")
    assert (quiet.code, quiet.err) == (0, "")
    errors = cli("import", "-", "--warnings", stdin=lines(DOUBTFUL)).err
    assert errors.startswith(
        "summitry: <stdin>, line 1: PLACE_NOT_IN_COUNTRY: Astana is known in KZ"
    )


def test_programs_get_json(cli: Any, desk: Any) -> None:
    bad = {"name": "calendars/none/summits/t"}
    outcome = cli("import", "-", "--output", "json", stdin=lines(DOUBTFUL, bad) + "{\n")
    assert (outcome.code, outcome.err) == (1, "")
    report = outcome.json
    results = report.pop("results")
    assert report == {
        "dry_run": False, "created": 1, "updated": 0, "unchanged": 0, "failed": 2,
        "refusals": {"PARENT_NOT_FOUND": 1, "UNREADABLE": 1},
        "warnings": {"PLACE_NOT_IN_COUNTRY": 1},
    }  # fmt: skip
    assert [(r.get("place"), r.get("reason")) for r in results] == [
        (None, "UNREADABLE"),
        ("<stdin>, line 1", None),
        ("<stdin>, line 2", "PARENT_NOT_FOUND"),
    ]


def test_csv_table_is_imported_by_its_mapping(cli: Any, desk: Any, tmp_path: Path) -> None:
    rows, mapping = tmp_path / "trips.csv", tmp_path / "trips.yaml"
    rows.write_text("Nr;From\n1;03.07.2024\n2;soon\n")
    mapping.write_text(
        "calendar: calendars/other\nkind: visits\nid: 'trip-{Nr}'\ndelimiter: ';'\n"
        "columns: {From: {field: time.dates.first_date, dates: '%d.%m.%Y'}}\n"
    )
    options = ("--profile", "csv", "--mapping", str(mapping), "--calendar", "desk")
    outcome = cli("import", *options, str(rows))
    assert outcome.out.startswith("1 created, 0 updated, 0 unchanged, 1 failed\n")
    assert f"{rows}, row 2: 'soon' is no date" in outcome.err
    assert cli("visits", "get", "desk/trip-1").code == 0


def test_results_of_several_files_name_their_file_and_line(
    cli: Any, desk: Any, tmp_path: Path
) -> None:
    """Kinds are sent in another order than that of the file."""
    first, second = tmp_path / "a.ndjson", tmp_path / "b.yaml"
    bad_meeting = {"name": "calendars/desk/meetings/m", "parent_event": "calendars/desk/visits/v"}
    first.write_text(lines(bad_meeting, {"name": "calendars/desk/summits/s"}))
    second.write_text("---\nname: calendars/desk/summits/t\n---\nname: calendars/no/summits/u\n")
    outcome = cli("import", str(first), str(second))
    assert outcome.out.startswith("2 created, 0 updated, 0 unchanged, 2 failed\n")
    assert [line.partition(": ")[2].partition(": ")[0] for line in outcome.err.splitlines()] == [
        f"{second}, document 2",
        f"{first}, line 1",
    ]


WRONG = {
    "a profile that is not there": (("--profile", "nope", "x"), "use one of records, state-department"),
    "a position in two files": (("--from", "2", "a", "b"), "give a single FILE"),
    "a mapping that is not there": (("--profile", "csv", "--mapping", "no.yaml", "-"), "no.yaml"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_invalid_import_is_refused(cli: Any, desk: Any, case: str) -> None:
    arguments, message = WRONG[case]
    outcome = cli("import", *arguments)
    assert outcome.code in (2, 4)
    assert message in outcome.err


def test_help_names_every_profile(cli: Any) -> None:
    text = " ".join(cli("import", "--help").out.split())
    assert all(profile in text for profile in PROFILES)


def test_csv_export_imports_into_an_empty_store(
    cli: Any, sample: Any, start: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "astana.csv"
    assert cli("export", "astana-2024", "-o", str(path)).code == 0
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert rows[0]["name"] == "calendars/astana-2024" and len(rows) == 30
    same = cli("import", "--profile", "csv", "--merge", str(path)).out
    assert same.startswith("0 created, 0 updated, 30 unchanged, 0 failed")
    monkeypatch.setenv("SUMMITRY_SERVER", start().grpc)
    assert cli("import", "--profile", "csv", str(path)).out.startswith("30 created")
    assert cli("export", "astana-2024", "--format", "csv").out.encode() == path.read_bytes()


def test_eventsml_export_imports_into_another_store(
    cli: Any, sample: Any, start: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "astana.xml"
    assert cli("export", "astana-2024", "-o", str(path)).code == 0
    assert path.read_text().startswith("<?xml")
    same = cli("import", "--profile", "eventsml", "--merge", "--dry-run", str(path)).out
    assert same.startswith("dry run: 0 created, 0 updated, 29 unchanged, 0 failed")
    monkeypatch.setenv("SUMMITRY_SERVER", start().grpc)
    cli("calendars", "create", "--id", "astana-2024", "--zone", "Asia/Almaty")
    outcome = cli("import", "--profile", "eventsml", str(path))
    assert outcome.out.startswith("29 created, 0 updated, 0 unchanged, 0 failed"), outcome.err


@pytest.mark.parametrize("format_", ["ics", "jcal", "jscalendar", "csv", "eventsml"])
def test_public_formats_leave_out_hidden_records(cli: Any, desk: Any, format_: str) -> None:
    hidden = {"name": "calendars/desk/summits/h", "visibility": "VISIBILITY_INTERNAL"}
    days = {"time": {"dates": {"first_date": "2024-07-03", "last_date": "2024-07-04"}}}
    visible = {"name": "calendars/desk/summits/shown"}
    for record in (hidden, visible):
        record.update(
            days, ical_uid=record["name"][-1] * 9, titles=[{"text": record["name"][-1] * 7}]
        )  # type: ignore[call-overload]
    cli("import", "-", stdin=lines(hidden, visible))
    public, everything = (
        cli("export", "desk", "--format", format_, *flags).out for flags in ((), ("--all",))
    )
    assert "hhhhhhh" in everything and "nnnnnnn" in everything
    assert "hhhhhhh" not in public and "nnnnnnn" in public


def test_ndjson_has_hidden_records_and_resumes_after_a_name(cli: Any, desk: Any) -> None:
    records = [{"name": f"calendars/desk/summits/{id_}"} for id_ in "abc"]
    records[1]["visibility"] = "VISIBILITY_SECRET"
    cli("import", "-", stdin=lines(*records))
    cli("summits", "delete", "desk/c")

    def ids(*flags: str) -> list[str]:
        out = cli("export", "desk", "--format", "ndjson", *flags).out
        return [json.loads(line)["name"].rpartition("/")[2] for line in out.splitlines()]

    assert ids() == ["desk", "a", "b"]
    assert ids("--deleted") == ["desk", "a", "b", "c"]
    assert ids("--deleted", "--after", "calendars/desk/summits/a") == ["b", "c"]


def test_icalendar_flags_choose_the_content(cli: Any, sample: Any) -> None:
    omit, span = (
        cli("export", "astana-2024", "--partial", choice).out.count("BEGIN:VEVENT")
        for choice in ("omit", "span")
    )
    assert span > omit
    for arguments in (("--format", "csv", "--partial", "span"), ("--after", "x")):
        assert cli("export", "astana-2024", *arguments).code == 2


@pytest.mark.parametrize(
    ("file", "begin"),
    [
        ("a.ics", b"BEGIN:VCALENDAR"),
        ("a.jcal", b'["vcalendar",['),
        ("a.jscal", b'{"@type":"Group"'),
        ("a.jscal.json", b'{"@type":"Group"'),
        ("a.b.ndjson", b'{"name":"calendars/astana-2024"'),
        ("a", b"BEGIN:VCALENDAR"),
    ],
)
def test_suffix_of_the_file_chooses_the_format(
    cli: Any, sample: Any, tmp_path: Path, file: str, begin: bytes
) -> None:
    assert cli("export", "astana-2024", "-o", str(tmp_path / file)).code == 0
    assert (tmp_path / file).read_bytes().replace(b": ", b":").startswith(begin)


def test_jscalendar_flags_choose_the_content(cli: Any, sample: Any) -> None:
    def titles(*choices: str) -> list[str]:
        outcome = cli("export", "astana-2024", "--format", "jscalendar", *choices)
        assert outcome.code == 0
        return [event["title"] for event in json.loads(outcome.out)["entries"]]

    assert len(titles("--partial", "span")) > len(titles())
    assert titles("--language", "fr") != titles("--language", "en")
    refused = cli("export", "astana-2024", "--format", "jscalendar", "--profile", "rich")
    assert refused.code == 2
    assert "--profile is for ics, jcal, not for jscalendar" in refused.err
