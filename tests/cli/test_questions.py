"""where, conflicts, windows and summits delegations, as text and as JSON."""

from __future__ import annotations

import json
from typing import Any

import pytest

from summitry.zones import default_database

JULY = ("--zone", "Asia/Almaty")


def test_where_prints_the_places_of_a_person(cli: Any, sample: Any) -> None:
    outcome = cli("where", "xi-jinping", "Vladimir Putin", "2024-07-04", *JULY)
    assert outcome.code == 0
    lines = [line.split("  ")[0] for line in outcome.out.splitlines()]
    assert lines.index("xi-jinping") < lines.index("Vladimir Putin")
    (council,) = [
        line for line in outcome.out.splitlines() if "russia" in line and "10:00-12:00" in line
    ]
    assert council.split("  ")[0] == "2024-07-04 10:00-12:00 +05:00"
    assert "Palace of Independence, Astana" in council
    assert "nothing says" not in outcome.out


def test_where_prints_times_in_the_zone_of_the_viewer(cli: Any, sample: Any) -> None:
    out = cli("where", "vladimir-putin", "2024-07-04", "--zone", "Europe/Paris").out
    assert "2024-07-04 07:00-09:00 +02:00" in out
    assert "times in Europe/Paris" in out


def test_where_without_records_says_so(cli: Any, sample: Any) -> None:
    outcome = cli("where", "xi-jinping", "Vladimir Putin", "2023-01-04", *JULY)
    assert outcome.code == 0
    message = "no record says where xi-jinping and Vladimir Putin are, 2023-01-04"
    assert outcome.out.strip().startswith(message)
    assert "--possible" in outcome.out


@pytest.mark.parametrize(
    ("command", "nearest"),
    [
        (("where", "xi-jinpin", "2024-07-04"), "xi-jinping"),
        (("where", "putin", "2024-07-04"), "vladimir-putin"),
        (("windows", "--person", "xi-jinpin", "--from", "2024-07-04"), "xi-jinping"),
        (("windows", "--party", "Frnace", "--from", "2024-07-04"), "France"),
    ],
    ids=["where-misspelt", "where-last-name", "windows-person", "windows-party"],
)
def test_unknown_names_are_refused_with_the_nearest(
    cli: Any, sample: Any, command: tuple[str, ...], nearest: str
) -> None:
    outcome = cli(*command, *JULY)
    assert outcome.code == 4
    assert outcome.out == ""
    assert f"did you mean {nearest}" in outcome.err


def test_possible_places_are_marked(cli: Any, desk: Any) -> None:
    flags = ("--calendar", "desk", "--id", "m", "--partial", "2024-07")
    assert cli("visits", "create", *flags, "--place", "Kyoto").code == 0
    visit = {"name": "calendars/desk/visits/m", "principals": [{"id": "xi"}]}
    assert cli("visits", "update", "desk/m", "-", stdin=json.dumps(visit)).code == 0
    assert "Kyoto" not in cli("where", "xi", "2024-07-04", *JULY).out
    (line,) = [
        line
        for line in cli("where", "xi", "2024-07-04", "--possible", *JULY).out.splitlines()
        if "Kyoto" in line
    ]
    assert line.startswith("2024-07 ?")


def test_where_prints_json_and_ndjson(cli: Any, sample: Any) -> None:
    command = ("where", "xi-jinping", "2024-07-05", *JULY)
    stays = cli(*command, "--output", "json").json
    talks = [stay for stay in stays if stay["name"].endswith("xi-rahmon-talks")]
    assert talks == [
        {
            "person": "xi-jinping",
            "places": ["Presidential palace, Dushanbe"],
            "region_codes": ["TJ"],
            "start": "2024-07-05",
            "end": "2024-07-05",
            "viewer_start": "2024-07-05",
            "viewer_end": "2024-07-05",
            "matching": "certain",
            "name": "calendars/astana-2024/meetings/xi-rahmon-talks",
            "part": "",
        }
    ]
    lines = cli(*command, "--output", "ndjson").out.splitlines()
    assert [json.loads(line) for line in lines] == stays


def test_conflicts_prints_the_conflicts_of_a_calendar(cli: Any, sample: Any) -> None:
    """Set the clock of the service to before the publication of some sources."""
    outcome = cli("conflicts", "astana-2024")
    assert outcome.code == 0
    (line,) = [
        line for line in outcome.out.splitlines() if "sidelines" in line and "visits" in line
    ]
    assert line.split() == [
        *("review", "sidelines", "astana-2024/visits/xi-kazakhstan", "astana-2024/summits/sco-24"),
        *[
            "both",
            "are",
            "in",
            "Astana",
            "on",
            "the",
            "same",
            "days:",
            "they",
            "may",
            "share",
            "people",
        ],
    ]
    hard = sum(line.startswith("impossible") for line in outcome.out.splitlines())
    assert hard > 0
    assert f"findings: {hard} impossible, " in outcome.out


@pytest.mark.parametrize(
    ("flags", "kinds"),
    [
        (("--only", "sidelines"), {"sidelines"}),
        (("--only", "sidelines,claims-disagree", "--kind", "visit"), {"claims-disagree"}),
        (("--hard",), {"impossible-source-date"}),
        (("--from", "2024-07-20", *JULY), set()),
        (("--from", "2024-07-06", "--only", "claims-disagree", *JULY), {"claims-disagree"}),
        (("--disputed", "--kind", "delegation", "--possible", "--from", "2024-07-01"), set()),
    ],
    ids=" ".join,
)
def test_flags_choose_conflicts(
    cli: Any, sample: Any, flags: tuple[str, ...], kinds: set[str]
) -> None:
    command = ("conflicts", *flags)
    conflicts = cli(*command, "--output", "json").json
    assert {conflict["kind"] for conflict in conflicts} == kinds
    lines = cli(*command, "--output", "ndjson").out.splitlines()
    assert [json.loads(line) for line in lines] == conflicts
    assert ("no conflicts" in cli(*command).out) == (not kinds)


WINDOWS = """\
Time                Length

2024-07-04 Thursday
09:00-12:00 +02:00  3 h
13:30-18:00 +02:00  4 h 30 min

times in Europe/Paris (time zone data {version}); --why lists what blocks
"""
LUNCH = ("--calendar", "desk", "--id", "lunch", "--start", "2024-07-04T12:00")
LUNCH_ENDS = ("--end", "2024-07-04T13:30", "--zone", "Europe/Paris")


@pytest.fixture
def lunch(cli: Any, desk: Any) -> Any:
    """Create a lunch of ada and of Norway at noon in Paris on 4 July."""
    assert cli("meetings", "create", *LUNCH, *LUNCH_ENDS).code == 0
    people = [{"person": {"id": "ada"}}, {"party": {"region_code": "NO"}}]
    absent = {"person": {"id": "bob"}, "status": "PARTICIPATION_STATUS_DECLINED"}
    record = {"name": "calendars/desk/meetings/lunch", "participants": [*people, absent]}
    assert cli("meetings", "update", "desk/lunch", "-", stdin=json.dumps(record)).code == 0
    return desk


HOURS = ("--opens", "09:00", "--closes", "18:00")
WINDOWS_COMMAND = ("windows", "--from", "2024-07-04", "--zone", "Europe/Paris", *HOURS)


def test_windows_prints_free_times(cli: Any, lunch: Any) -> None:
    outcome = cli(*WINDOWS_COMMAND, "--person", "ada", "--party", "SE")
    assert outcome.out == WINDOWS.format(version=default_database().version)


def test_why_prints_what_blocks_the_rest(cli: Any, lunch: Any) -> None:
    out = cli(*WINDOWS_COMMAND, "--person", "ada", "--party", "NO", "--margin", "10", "--why").out
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert "11:50-12:00 +02:00 ada margin desk/meetings/lunch" in lines
    assert "12:00-13:30 +02:00 NO busy desk/meetings/lunch" in lines
    assert "18:00-24:00 +02:00 ada outside hours" in lines
    assert "09:00-11:50 +02:00 2 h 50 min" in lines


def test_windows_prints_json_and_ndjson(cli: Any, lunch: Any) -> None:
    command = (*WINDOWS_COMMAND, "--person", "ada", "--output")
    answer = cli(*command, "json", "--why").json
    assert [window["duration"] for window in answer["windows"]] == ["10800s", "16200s"]
    assert [window["minutes"] for window in answer["windows"]] == [180, 270]
    assert answer["blockers"][1] == {
        "attendee": "ada",
        "reason": "busy",
        "name": "calendars/desk/meetings/lunch",
        "start": "2024-07-04T12:00:00+02:00[Europe/Paris]",
        "end": "2024-07-04T13:30:00+02:00[Europe/Paris]",
    }
    lines = cli(*command, "ndjson").out.splitlines()
    assert [json.loads(line) for line in lines] == answer["windows"]
    assert "blockers" not in cli(*command, "json").json


@pytest.mark.parametrize(
    ("flags", "windows"),
    [
        (("--person", "bob@Asia/Tokyo"), ["02:00-11:00 +02:00"]),
        (("--person", "bob@Asia/Tokyo", "--party", "FR@Europe/Paris"), ["09:00-11:00 +02:00"]),
        (("--person", "ada", "--minutes", "181"), ["13:30-18:00 +02:00"]),
        (("--person", "bob", "--days-off", "thursday"), []),
        (("--person", "bob", "--days-off", "1,fri"), ["09:00-18:00 +02:00"]),
    ],
    ids=" ".join,
)
def test_flags_choose_attendees_and_length_of_windows(
    cli: Any, lunch: Any, flags: tuple[str, ...], windows: list[str]
) -> None:
    outcome = cli(*WINDOWS_COMMAND, *flags)
    assert outcome.code == 0
    assert [line[:18] for line in outcome.out.splitlines() if ":" in line[:6]] == windows
    assert ("no time is free" in outcome.out) == (not windows)


def test_windows_over_midnight_are_printed_by_day(cli: Any, lunch: Any) -> None:
    command = ("windows", "--from", "2024-07-04", "--to", "2024-07-05", "--zone", "Europe/Paris")
    out = cli(*command, "--person", "ada").out
    assert "00:00-12:00 +02:00" in out
    assert "07-04 13:30 to 07-06 00:00 +02:00" in out


@pytest.mark.parametrize(
    ("flags", "code", "words"),
    [
        ((), 2, "the attendees are missing"),
        (("--person", "a", "--days-off", "someday"), 2, "'someday' is not a day of the week"),
        (("--person", "a", "--opens", "25:00"), 4, "attendees[0].opens"),
        (("--person", "a", "--closes", "6 pm"), 2, "'6 pm' is not a time of day"),
        (("--person", "a", "--minutes", "0"), 4, "duration"),
        (("--person", "a@Mars/Olympus"), 4, "attendees[0].time_zone"),
        (("--person", "a", "--to", "2026-07-04"), 4, "366 days"),
    ],
    ids=["nobody", "no day", "no hour", "no clock", "no minutes", "no zone", "too long"],
)
def test_invalid_question_is_refused(
    cli: Any, desk: Any, flags: tuple[str, ...], code: int, words: str
) -> None:
    outcome = cli("windows", "--from", "2024-07-04", "--zone", "Europe/Paris", *flags)
    assert (outcome.code, outcome.out) == (code, "")
    assert words in outcome.err


def test_delegations_prints_who_came_to_a_summit(cli: Any, sample: Any) -> None:
    outcome = cli("summits", "delegations", "astana-2024/sco-24")
    lines = {line.split("  ")[0]: " ".join(line.split()) for line in outcome.out.splitlines()}
    assert lines["India"] == "India member came Subrahmanyam Jaishankar india"
    assert lines["Kazakhstan"].startswith("Kazakhstan host came Kassym-Jomart Tokayev")
    assert lines["Mongolia"].startswith("Mongolia observer guest")
    assert lines["United Arab Emirates"].endswith("and 1 more united-arab-emirates")
    assert outcome.out.splitlines()[-1] == (
        "24th SCO summit, Astana: 9 came, 8 as guests, 0 absent; standing as of 2024-07-03"
    )
    french = cli("summits", "delegations", "astana-2024/sco-24", "--language", "fr").out
    assert "Inde  " in french


def test_standing_is_by_membership_of_the_day(cli: Any, sample: Any) -> None:
    """Belarus became a member on 4 July; its delegation says how it came."""
    command = ("summits", "delegations", "astana-2024/sco-24", "--output")
    parties = cli(*command, "json").json
    by_id = {party["party"]["id"]: party for party in parties}
    assert by_id["china"] == {
        "party": {"id": "china", "region_code": "CN", "name": "China"},
        "standing": "member",
        "turnout": "came",
        "delegations": ["calendars/astana-2024/delegations/china"],
        "persons": by_id["china"]["persons"],
    }
    assert by_id["china"]["persons"][0] == {"id": "xi-jinping", "name": "Xi Jinping"}
    lines = cli(*command, "ndjson").out.splitlines()
    assert [json.loads(line) for line in lines] == parties


def test_summit_without_a_known_day_needs_a_date(cli: Any, desk: Any) -> None:
    flags = ("--calendar", "desk", "--id", "s", "--partial", "2024-07")
    assert cli("summits", "create", *flags).code == 0
    outcome = cli("summits", "delegations", "desk/s")
    assert (outcome.code, outcome.out) == (2, "")
    assert "give --on DATE" in outcome.err
    outcome = cli("summits", "delegations", "desk/s", "--on", "2024-07-03")
    assert (
        outcome.out.strip()
        == "s: no delegations and no memberships are recorded; standing as of 2024-07-03"
    )


@pytest.mark.parametrize(
    ("flags", "ids"),
    [
        (("visits", "list", "--trip", "xi-2024-07"), {"xi-kazakhstan", "xi-tajikistan"}),
        (("visits", "list", "--trip", "no-such-trip"), set()),
        (("summits", "list", "--disputed"), {"sco-24"}),
        (("delegations", "list", "--disputed"), set()),
        (("summits", "list", "--no-disputed"), set()),
        (("visits", "list", "--person", "xi-jinping", "--last", "1"), {"xi-tajikistan"}),
        (("visits", "list", "--to", "2024-07-03", "--zone", "UTC"), {"xi-kazakhstan"}),
        (
            ("visits", "list", "--from", "2024-07-04", "--to", "open", "--zone", "UTC"),
            {"xi-kazakhstan", "xi-tajikistan"},
        ),
        (("visits", "list", "--from", "..", "--to", "2024-07-01", "--zone", "UTC"), set()),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_list_selects_by_filters_days_and_order(
    cli: Any, sample: Any, flags: tuple[str, ...], ids: set[str]
) -> None:
    records = cli(*flags, "--output", "json").json
    assert {record["name"].rpartition("/")[2] for record in records} == ids


def test_where_and_conflicts_as_they_were_known(cli: Any, sample: Any) -> None:
    """Before the calendar was made nobody was anywhere, and nothing in conflict."""
    then = ("--as-of", "2024-07-02", *JULY)
    assert cli("where", "xi-jinping", "2024-07-04", *JULY).code == 0
    outcome = cli("where", "xi-jinping", "2024-07-04", *then, "--output", "json")
    assert (outcome.code, outcome.json) == (0, [])
    assert cli("conflicts", "astana-2024", *JULY, "--output", "json").json
    assert cli("conflicts", "astana-2024", *then, "--output", "json").json == []
