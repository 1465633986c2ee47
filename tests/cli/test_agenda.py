"""`summitry agenda`: local times, filters and output formats."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

ASTANA_3_JULY = """\
Time                               Kind     Title                                            Place                                    Status

2024-07-03 Wednesday
07-02 to 07-04                     notice   Movement restricted around the summit in Astana  Astana                                   concluded
07-02 to 07-04                     visit    Xi Jinping's visit to Kazakhstan                 Astana                                   concluded
07-02 00:01 to 07-04 23:59 +05:00  notice   Yellow terrorist threat level in four cities     Astana; Almaty and 2 more                concluded
07-03 to 07-04                     summit   24th SCO summit, Astana                          Palace of Independence, Astana           concluded
10:00-11:30 +05:00                 meeting  Xi and Tokayev hold talks (illustrative hour)    Akorda, the presidential palace, Astana  concluded

5 items, 2024-07-03, times in Asia/Almaty"""


def agenda(*more: str, zone: str = "Asia/Almaty", day: str = "2024-07-03") -> tuple[str, ...]:
    return ("agenda", "--from", day, "--to", day, "--zone", zone, *more)


def test_agenda_prints_a_day_in_the_zone_of_the_host(cli: Any, sample: Any) -> None:
    outcome = cli(*agenda())
    assert outcome.code == 0
    assert outcome.out.startswith(ASTANA_3_JULY)


@pytest.mark.parametrize(
    ("zone", "here", "there"),
    [
        ("Asia/Almaty", "10:00-11:30 +05:00", ""),
        ("Europe/Paris", "07:00-08:30 +02:00", "10:00-11:30 +05:00 Astana"),
        ("America/New_York", "01:00-02:30 -04:00", "10:00-11:30 +05:00 Astana"),
        ("Asia/Kathmandu", "10:45-12:15 +05:45", "10:00-11:30 +05:00 Astana"),
    ],
)
def test_agenda_prints_times_in_the_zone_of_the_viewer(
    cli: Any, sample: Any, zone: str, here: str, there: str
) -> None:
    (line,) = [line for line in cli(*agenda(zone=zone)).out.splitlines() if "hold talks" in line]
    assert line.startswith(here)
    assert there in line
    assert line.count("+05:00 Astana") == bool(there)


def test_viewer_across_the_date_line_has_another_day(cli: Any, sample: Any) -> None:
    out = cli(*agenda(day="2024-07-02", zone="Pacific/Honolulu")).out
    assert "19:00-20:30 -10:00" in out
    assert "07-03 10:00 to 07-03 11:30 +05:00 Astana" in out


def test_json_has_both_times_of_each_item(cli: Any, sample: Any) -> None:
    items = cli(*agenda("--output", "json", zone="Europe/Paris", day="2024-07-04")).json
    by_id = {item["name"].rpartition("/")[2]: item for item in items}
    council = by_id["sco-24-council"]
    assert {key: council[key] for key in council if key != "record"} == {
        "name": "calendars/astana-2024/meetings/sco-24-council",
        "kind": "meeting",
        "title": "Sitting of the SCO Council of Heads of State (illustrative hour)",
        "start": "2024-07-04T10:00:00+05:00[Asia/Almaty]",
        "end": "2024-07-04T12:00:00+05:00[Asia/Almaty]",
        "viewer_start": "2024-07-04T07:00:00+02:00[Europe/Paris]",
        "viewer_end": "2024-07-04T09:00:00+02:00[Europe/Paris]",
        "matching": "certain",
        "places": ["Palace of Independence, Astana"],
        "status": "concluded",
    }
    assert council["record"]["time"]["timed"]["start"]["time_zone"] == "Asia/Almaty"
    assert (by_id["sco-24"]["start"], by_id["sco-24"]["end"]) == ("2024-07-03", "2024-07-04")
    lines = cli(
        *agenda("--output", "ndjson", zone="Europe/Paris", day="2024-07-04")
    ).out.splitlines()
    assert [json.loads(line) for line in lines] == items


@pytest.mark.parametrize(
    ("flags", "ids"),
    [
        (("--kind", "summit"), ("sco-24",)),
        (("--kind", "summit,visit"), ("sco-24", "xi-kazakhstan")),
        (("--kind", "summit", "--kind", "visit"), ("sco-24", "xi-kazakhstan")),
        (("--kind", "meeting", "--person", "xi-jinping"), ("xi-tokayev-talks",)),
        (("--organization", "sco-council-of-heads-of-state", "--kind", "summit"), ("sco-24",)),
        (("--city", "Dushanbe"), ()),
        (("--country", "kz", "--kind", "visit"), ("xi-kazakhstan",)),
        (("--status", "cancelled"), ()),
        (("--text", "TOKAYEV talks"), ("xi-tokayev-talks",)),
        (("--calendar", "astana-2024", "--kind", "summit"), ("sco-24",)),
    ],
    ids=lambda value: " ".join(value if isinstance(value, tuple) else sorted(value)),
)
def test_flags_choose_items(
    cli: Any, sample: Any, flags: tuple[str, ...], ids: tuple[str, ...]
) -> None:
    items = cli(*agenda(*flags, "--output", "json")).json
    assert {item["name"].rpartition("/")[2] for item in items} == set(ids)


def test_possible_items_are_printed_on_request_and_marked(cli: Any, sample: Any) -> None:
    window = ("--from", "2023-10-10", "--to", "2023-10-12", "--zone", "Asia/Shanghai")
    assert "no events" in cli("agenda", *window).out
    out = cli("agenda", *window, "--possible").out
    assert "Day not known\n2023-10 ?  meeting  Xi and Tokayev meet in Beijing" in out


def test_language_chooses_titles(cli: Any, sample: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "24e sommet de l’OCS" in cli(*agenda("--language", "fr")).out
    monkeypatch.setenv("LANG", "fr_CH.UTF-8")
    assert "24e sommet de l’OCS" in cli(*agenda()).out
    assert "24th SCO summit" in cli(*agenda("--language", "kk")).out


def test_terminal_gets_colours_and_lines_that_fit(cli: Any, sample: Any) -> None:
    output = cli(*agenda(), columns=100).out
    assert "\x1b[1;36msummit" in output
    plain = re.sub(r"\x1b\[[0-9;]*m", "", output)
    assert max(map(len, plain.splitlines())) <= 100
    assert "07-03 to 07-04" in plain
    # Every item keeps its status: columns are wrapped, never pushed off the screen.
    assert len(re.findall(r"concluded *$", plain, re.MULTILINE)) == 5


def test_agenda_is_printed_as_icalendar(cli: Any, sample: Any) -> None:
    outcome = cli(*agenda("--output", "ics"))
    assert outcome.out.startswith("BEGIN:VCALENDAR\r\n")
    assert outcome.out.count("BEGIN:VEVENT") == 5
    assert cli(*agenda("--output", "ics", "--calendar", "astana-2024")).out.count("VEVENT") == 10


@pytest.mark.parametrize(
    ("more", "code", "words"),
    [
        (agenda(day="2024-02-30"), 4, "first_date"),
        (agenda(zone="Asia/Astana"), 4, "Asia/Almaty"),
        (agenda("--kind", "tea"), 2, "is none of: calendar, summit, visit"),
        (agenda("--label", "x"), 2, "KEY=VALUE"),
        (("agenda",), 2, "--from"),
        (("agenda", "--from", "2024-07-04", "--to", "2024-07-03", "--zone", "UTC"), 4, "last_date"),
    ],
    ids=["no such day", "no such zone", "no such kind", "no label", "no day", "backwards"],
)
def test_invalid_question_is_refused(
    cli: Any, sample: Any, more: tuple[str, ...], code: int, words: str
) -> None:
    outcome = cli(*more)
    assert (outcome.code, outcome.out) == (code, "")
    assert words in outcome.err


def test_postponed_event_stands_where_it_was_and_without_a_date(cli: Any, sample: Any) -> None:
    at = ("--start", "2024-07-05T10:00", "--end", "2024-07-05T11:00", "--zone", "Asia/Almaty")
    name = "astana-2024/meetings/dinner"
    outcome = cli(
        "meetings",
        "create",
        "--calendar",
        "astana-2024",
        "--id",
        "dinner",
        *at,
        "--title",
        "Dinner",
    )
    assert outcome.code == 0, outcome.err
    assert cli("postpone", name).code == 0
    command = ("agenda", "--from", "2024-07-05", "--to", "2024-07-06", "--zone", "Asia/Almaty")
    lines = cli(*command, "--status", "postponed").out.splitlines()
    rows = [re.split(r"\s{2,}", line.strip()) for line in lines if "Dinner" in line]
    assert rows == [
        ["was 10:00-11:00 +05:00", "meeting", "Dinner", "postponed"],
        ["was 2024-07-05 10:00-11:00 +05:00", "meeting", "Dinner", "postponed"],
    ]
    assert [line for line in lines if line.startswith(("2024", "Day"))] == [
        "2024-07-05 Friday",
        "Day not known",
    ]
    assert "1 item, 2024-07-05" in lines[-1]
    (item,) = cli(*command, "--status", "postponed", "--output", "json").json
    assert (item["former_time"], item["start"]) == (True, "2024-07-05T10:00:00+05:00[Asia/Almaty]")


def test_last_events_need_no_days(cli: Any, sample: Any) -> None:
    outcome = cli("agenda", "--person", "xi-jinping", "--last", "2", "--zone", "Asia/Almaty")
    assert outcome.code == 0
    assert "2 items, at any time" in outcome.out
    latest = cli("agenda", "--last", "2", "--output", "json", "--zone", "Asia/Almaty").json
    whole = cli(
        "agenda", "--from", "open", "--to", "open", "--output", "json", "--zone", "UTC"
    ).json
    assert [item["name"] for item in latest] == [item["name"] for item in whole[:-3:-1]]
    assert latest[0]["record"]["sources"]


@pytest.mark.parametrize(
    ("flags", "span"),
    [
        (("--from", "2024-07-03"), "2024-07-03"),
        (("--from", "2024-07-03", "--to", "2024-07-04"), "2024-07-03 to 2024-07-04"),
        (("--from", "2024-07-03", "--to", "open"), "from 2024-07-03"),
        (("--to", "2024-07-03"), "up to 2024-07-03"),
        (("--from", "..", "--to", ".."), "at any time"),
    ],
    ids=" ".join,
)
def test_days_may_have_no_end(cli: Any, sample: Any, flags: tuple[str, ...], span: str) -> None:
    outcome = cli("agenda", *flags, "--zone", "Asia/Almaty")
    assert outcome.code == 0
    assert f", {span}, times in Asia/Almaty" in outcome.out


def test_days_are_listed_from_the_last(cli: Any, sample: Any) -> None:
    def days(*more: str) -> list[str]:
        out = cli("agenda", "--from", "2024-07-02", "--to", "2024-07-06", *more).out
        return re.findall(r"^2024-07-\d\d", out, re.MULTILINE)

    assert len(days()) > 1
    assert days("--sort", "time-desc") == days()[::-1]


@pytest.mark.parametrize(
    ("flags", "hint"),
    [
        ((), "give --from DATE, --to DATE or --last N"),
        (("--possible",), "need --from or --to"),
        (("--last", "0"), "give a number of events, 1 or more"),
        (("--last", "1", "--sort", "time"), "leave out --sort"),
    ],
    ids=["no days", "no days to match", "none", "two orders"],
)
def test_flags_that_do_not_fit_are_explained(
    cli: Any, sample: Any, flags: tuple[str, ...], hint: str
) -> None:
    outcome = cli("agenda", *flags)
    assert (outcome.code, outcome.out) == (2, "")
    assert hint in outcome.err
