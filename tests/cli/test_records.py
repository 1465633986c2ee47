"""list, get, create, update, delete: from flags, files and stdin."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from summitry.zones import default_database

LUNCH = (
    "meetings", "create", "--calendar", "desk", "--id", "lunch",
    "--title", "en=Lunch", "--title", "fr=Déjeuner", "--summary", "Two courses",
    "--start", "2024-07-04T12:00", "--end", "2024-07-04T13:30", "--zone", "Europe/Paris",
    "--place", "Paris", "--venue", "Élysée", "--country", "fr",
    "--kind", "working-lunch", "--status", "confirmed",
)  # fmt: skip


def test_flags_make_a_record(cli: Any, desk: Any) -> None:
    outcome = cli(*LUNCH)
    assert (outcome.code, outcome.out.partition(" (etag")[0]) == (
        0,
        "created calendars/desk/meetings/lunch",
    )
    record = cli("meetings", "get", "desk/lunch", "--output", "json").json
    assert record["titles"] == [
        {"text": "Lunch", "language_code": "en"},
        {"text": "Déjeuner", "language_code": "fr"},
    ]
    assert record["time"]["resolved"]["start_text"] == "2024-07-04T12:00:00+02:00[Europe/Paris]"
    assert record["time"]["resolved"]["end_text"] == "2024-07-04T13:30:00+02:00[Europe/Paris]"
    assert record["places"] == [
        {
            "localities": [{"text": "Paris"}],
            "venues": [{"text": "Élysée"}],
            "region_code": "FR",
            "time_zone": "Europe/Paris",
        }
    ]
    assert (record["kind"], record["status"]) == (
        "MEETING_KIND_WORKING_LUNCH",
        "EVENT_STATUS_CONFIRMED",
    )


@pytest.mark.parametrize(
    ("flags", "time"),
    [
        (("--from", "2024-07-03", "--to", "2024-07-04"), "2024-07-03 to 2024-07-04"),
        (("--from", "2024-07-03"), "2024-07-03"),
        (("--partial", "2024-07", "--zone", "Asia/Almaty"), "2024-07"),
        (("--start", "2024-07-03T10:00", "--zone", "Asia/Almaty"), "2024-07-03 10:00 +05:00"),
        (
            ("--start", "2024-10-27T02:30", "--zone", "Europe/Paris", "--choose", "later"),
            "2024-10-27 02:30 +01:00",
        ),
        (("--start", "2024-07-03T23:00", "--end", "2024-07-04T01:00", "--zone", "Asia/Almaty"),
         "2024-07-03 23:00 to 07-04 01:00 +05:00"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_each_form_of_a_time_is_stored(
    cli: Any, desk: Any, flags: tuple[str, ...], time: str
) -> None:
    assert (
        cli("visits", "create", "--calendar", "desk", "--id", "v", "--kind", "state", *flags).code
        == 0
    )
    lines = cli("visits", "get", "desk/v").out.splitlines()
    assert f"time     {time}" in lines
    assert f"tz data  {default_database().version}" in lines


def test_flags_override_a_file_and_a_pipe(cli: Any, desk: Any, tmp_path: Path) -> None:
    path = tmp_path / "summit.yaml"
    path.write_text("edition: 24\nseries: sco\ntitles: [{text: SCO, language_code: en}]\n")
    assert cli("summits", "create", str(path), "--calendar", "desk", "--id", "a").code == 0
    text = cli("summits", "get", "desk/a", "--output", "yaml").out
    more = ("--calendar", "desk", "--id", "b", "--title", "en=Another")
    assert cli("summits", "create", "-", *more, stdin=text).code == 0
    b = cli("summits", "get", "desk/b", "--output", "json").json
    assert (b["edition"], b["titles"][0]["text"]) == (24, "Another")
    rows = [line.split()[0] for line in cli("summits", "list").out.splitlines()]
    assert rows == ["Name", "desk/summits/a", "desk/summits/b"]


def test_name_in_the_file_chooses_the_calendar(cli: Any, desk: Any) -> None:
    text = '{"name": "calendars/desk/notices/n", "code": "yellow"}'
    assert cli("notices", "create", "-", stdin=text).code == 0
    assert cli("notices", "get", "desk/n", "--output", "json").json["code"] == "yellow"


def test_update_changes_only_the_fields_that_are_set(cli: Any, desk: Any) -> None:
    cli(*LUNCH)
    assert cli("meetings", "update", "desk/lunch", "--kind", "bilateral").code == 0
    assert (
        cli("meetings", "update", "desk/lunch", "--title", "x", "--mask", "titles,summaries").code
        == 0
    )
    record = cli("meetings", "get", "desk/lunch", "--output", "json").json
    assert record["kind"] == "MEETING_KIND_BILATERAL"
    assert record["titles"] == [{"text": "x"}]
    assert "summaries" not in record
    assert record["status"] == "EVENT_STATUS_CONFIRMED"


def test_an_old_file_does_not_overwrite_a_newer_version(cli: Any, desk: Any) -> None:
    cli(*LUNCH)
    old = cli("meetings", "get", "desk/lunch", "--output", "json").out
    assert cli("meetings", "update", "desk/lunch", "--title", "newer").code == 0
    outcome = cli("meetings", "update", "desk/lunch", "-", stdin=old)
    assert outcome.code == 5
    assert "has changed" in outcome.err
    assert cli("meetings", "get", "desk/lunch", "--output", "json").json["titles"] == [
        {"text": "Lunch", "language_code": "en"},
        {"text": "Déjeuner", "language_code": "fr"},
        {"text": "newer"},
    ]


def test_deleted_records_are_listed_when_asked_for(cli: Any, desk: Any) -> None:
    cli(*LUNCH)
    etag = cli("meetings", "get", "desk/lunch", "--output", "json").json["etag"]
    assert cli("meetings", "delete", "desk/lunch", "--etag", '"old"').code == 5
    assert cli("meetings", "delete", "desk/lunch", "--etag", etag).code == 0
    assert cli("meetings", "list", "--output", "json").json == []
    assert "deleted" in cli("meetings", "list", "--calendar", "desk", "--deleted").out
    assert cli("meetings", "delete", "desk/lunch").code == 3


def test_list_in_a_window_is_sorted_by_time(cli: Any, sample: Any) -> None:
    out = cli(
        "meetings", "list", "--from", "2024-07-03", "--to", "2024-07-04", "--zone", "Asia/Almaty"
    ).out
    ids = [line.split()[0].rpartition("/")[2] for line in out.splitlines()[1:-2]]
    assert ids == ["xi-tokayev-talks", "sco-24-plus", "sco-24-council"]
    assert out.endswith(f"\n\ntimes by time zone data {default_database().version}\n")


def test_sources_are_printed(cli: Any, sample: Any) -> None:
    out = cli("summits", "get", "astana-2024/sco-24").out
    lines = [" ".join(line.split()) for line in out.splitlines()]  # columns are as wide as names
    assert any(line.startswith("claim sco-secretariat says time: 2024-07-04") for line in lines)
    assert any(line.startswith("source la-gazette, La Gazette") for line in lines)
    assert "prefers tass on outcomes: rank AGENCY before PRESS, disputed" in lines


@pytest.mark.parametrize(
    ("argv", "code", "words"),
    [
        (("summits", "get", "desk/nope"), 3, "calendars/desk/summits/nope: there is no such record"),
        (("summits", "get", "nope"), 2, "write CALENDAR/ID"),
        (("summits", "get", "calendars/desk/teas/t"), 4, "is not a resource name"),
        (("calendars", "create", "--id", "desk", "--title", "x"), 5, "calendars/desk exists"),
        (("calendars", "delete", "nope"), 3, "no such record"),
        (("summits", "create", "--title", "x"), 2, "give --calendar"),
        (("summits", "create", "--calendar", "nope", "--title", "x"), 3, "calendars/nope"),
        (("summits", "create", "--calendar", "desk"), 2, "there is nothing to write"),
        (("summits", "create", "--calendar", "desk", "--id", "A B", "--title", "x"), 4, "summit_id"),
        (("summits", "create", "--calendar", "desk", "--kind", "x"), 2, "a summit has no kind"),
        (("visits", "create", "--calendar", "desk", "--kind", "x"), 2, "none of: state, official"),
        (("visits", "create", "--calendar", "desk", "--from", "2024-01-01", "--partial", "2024"), 2,
         "give one of"),
        (("visits", "create", "/nonexistent.yaml", "--calendar", "desk"), 4, "no such file"),
        (("visits", "update", "desk/v", "--mask", "titles"), 2, "there is nothing to write"),
        (("visits", "list", "--possible"), 2, "need --from"),
        (("visits", "create", "--calendar", "desk", "--start", "2024-03-31T02:30", "--zone",
          "Europe/Paris"), 4, "--choose earlier"),
    ],
    ids=lambda value: " ".join(value[:3]) if isinstance(value, tuple) else None,
)  # fmt: skip
def test_refusals_say_what_to_do(
    cli: Any, desk: Any, argv: tuple[str, ...], code: int, words: str
) -> None:
    outcome = cli(*argv)
    assert (outcome.code, outcome.out) == (code, "")
    assert words in outcome.err
    assert outcome.err.startswith("summitry: ")
    assert outcome.err.count("\n") == 1
