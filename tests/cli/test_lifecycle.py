"""The commands of the lifecycle: confirm, postpone, reschedule, move, cancel and reinstate."""

from __future__ import annotations

import urllib.request
from typing import Any

import icalendar
import pytest

from summitry._calls.methods import BY_KIND
from summitry._calls.requests import writes
from summitry.cli.parser import COMMANDS, make
from summitry.kinds import WITH_VERBS

SUMMIT = "desk/summits/oif"
CREATE = (
    "summits", "create", "--calendar", "desk", "--id", "oif", "--title", "Francophonie",
    "--partial", "2020-12", "--place", "Tunis", "--country", "TN", "--status", "announced",
)  # fmt: skip


@pytest.fixture
def summit(cli: Any, desk: Any) -> str:
    assert cli(*CREATE).code == 0
    return SUMMIT


def test_summit_postponed_twice_and_moved_keeps_its_history(cli: Any, summit: str) -> None:
    why = ("--reason", "the pandemic", "--on", "2020-03")
    assert cli("postpone", summit, *why).code == 0
    days = ("--from", "2021-11-20", "--to", "2021-11-21")
    assert cli("reschedule", summit, *days, "--on", "2020-11").code == 0
    assert cli("move", summit, "--place", "Djerba", "--country", "tn", "--output", "name").code == 0
    outcome = cli("reschedule", summit, "--partial", "2022-23", "--reason", "l'automne 2022")
    assert outcome.code == 0
    rows = [line.split(maxsplit=1) for line in outcome.out.splitlines() if line]
    assert [row[1] for row in rows if row[0] == "time"] == ["2022-23"]
    history = [row[1] for row in rows if row[0] == "history"]
    assert history[:2] == [
        "2020-03 postpone, announced to postponed: the pandemic",
        "2020-11 reschedule, postponed to announced",
    ]
    assert [line.split()[1] for line in history[2:]] == ["move", "reschedule:"]
    before = [row[1] for row in rows if row[0] == "before"]
    assert before[0].startswith("2020-12, until 2") and before[0].endswith(": the pandemic")
    assert before[1].startswith("2021-11-20 to 2021-11-21, until 2")
    assert [row[1] for row in rows if row[0] == "place"] == ["Djerba"]
    stored = cli("summits", "get", "desk/oif")
    assert stored.out == outcome.out


def test_programs_get_the_record_as_json(cli: Any, summit: str) -> None:
    record = cli("confirm", f"calendars/{summit}", "--output", "json").json
    assert (record["status"], record["sequence"]) == ("EVENT_STATUS_CONFIRMED", 1)
    assert record["status_changes"][0]["verb"] == "EVENT_VERB_CONFIRM"
    assert cli("cancel", summit, "--status", "withdrawn-by-host", "--output", "yaml").code == 0
    back = cli("reinstate", summit, "--from", "2022-11-19", "--output", "json").json
    assert (back["status"], back["time"]["dates"]["first_date"]) == (
        "EVENT_STATUS_CONFIRMED",
        "2022-11-19",
    )
    out = cli("cancel", summit, "--etag", back["etag"], "--output", "name").out
    assert out.startswith(f"cancelled calendars/{summit} (etag ")
    assert cli("reinstate", summit, "--etag", back["etag"]).code == 5


@pytest.mark.parametrize("kind", WITH_VERBS, ids=lambda kind: str(kind.collection))
def test_kind_with_verbs_has_all_of_them(cli: Any, desk: Any, kind: Any) -> None:
    group, id = kind.collection, "e"
    days = ("--from", "2024-07-03", "--zone", "Asia/Almaty")
    assert cli(group, "create", "--calendar", "desk", "--id", id, *days).code == 0
    flags = {"reschedule": ("--from", "2024-07-05"), "move": ("--place", "Almaty")}
    for verb in ("confirm", "postpone", "reschedule", "move", "cancel", "reinstate"):
        outcome = cli(verb, f"desk/{group}/{id}", *flags.get(verb, ()), "--output", "json")
        assert outcome.code == 0, outcome.err
    assert [change["verb"] for change in outcome.json["status_changes"]] == [
        f"EVENT_VERB_{verb.upper()}" for verb in writes.VERBS
    ]


def test_verb_of_a_notice_names_the_update(cli: Any, desk: Any) -> None:
    assert cli("notices", "create", "--calendar", "desk", "--id", "n", "--title", "N").code == 0
    outcome = cli("cancel", "desk/notices/n")
    assert outcome.code == 4
    assert "a notice has no verbs; update its status" in outcome.err
    assert cli("notices", "update", "desk/n", "--status", "cancelled").code == 0


def test_the_commands_are_the_verbs_of_the_services() -> None:
    commands = {name for name, (module, _) in COMMANDS.items() if module == "lifecycle"}
    assert commands == set(writes.VERBS)
    standard = {
        "Get",
        "BatchGet",
        "List",
        "Create",
        "Update",
        "Delete",
        "Undelete",
        "Restore",
        "Purge",
    }
    for kind in WITH_VERBS:
        assert {verb.lower() for verb in BY_KIND[kind].keys() - standard} == commands
    assert make(["postpone"]).parse_args(["postpone", "a/summits/b"]).name == "a/summits/b"


@pytest.mark.parametrize(
    ("argv", "code", "words"),
    [
        (("reschedule", SUMMIT), 2, "the new time is missing: give --from and --to"),
        (("move", SUMMIT), 2, "the new place is missing: give --place"),
        (("move", SUMMIT, "--from", "2022-01-01"), 2, "the new place is missing: give --place"),
        (("cancel", "oif"), 2, "write CALENDAR/KIND/ID, such as astana-2024/summits/sco-24"),
        (("cancel", "desk/oif"), 2, "write CALENDAR/KIND/ID"),
        (("cancel", SUMMIT, "--status", "tired"), 2, "'tired' is none of: "),
        (("cancel", SUMMIT, "--status", "confirmed"), 4, "EVENT_STATUS_WITHDRAWN_BY_HOST"),
        (("cancel", "desk/teas/t"), 4, "is not a resource name"),
        (("cancel", "calendars/desk"), 4, "a calendar has no verbs"),
        (("cancel", "desk/summits/none"), 3, "there is no such record"),
        (("reinstate", SUMMIT), 4, "verbs that do: confirm, postpone, reschedule, move, cancel"),
        (("confirm", SUMMIT, "--source", "nobody"), 4, "the record has no source 'nobody'"),
        (("confirm", SUMMIT, "--on", "last week"), 4, "note.action_date"),
        (("reschedule", SUMMIT, "--from", "2022-02-30"), 4, "2022-02-30"),
        (("reschedule", SUMMIT, "--start", "2022-03-27T02:30", "--zone", "Europe/Paris"), 4,
         "--choose earlier"),
        (("summits", "update", "desk/oif", "--status", "postponed"), 4, "postpone the record"),
    ],
    ids=lambda value: " ".join(value[:3]) if isinstance(value, tuple) else None,
)  # fmt: skip
def test_refusals_say_what_to_do(
    cli: Any, summit: str, argv: tuple[str, ...], code: int, words: str
) -> None:
    outcome = cli(*argv)
    assert (outcome.code, outcome.out) == (code, "")
    assert words in outcome.err
    assert outcome.err.startswith("summitry: ") and outcome.err.count("\n") == 1


def test_feed_carries_a_reschedule_to_a_month_and_a_cancellation(cli: Any, desk: Any) -> None:
    name = "desk/summits/moved"
    days = ("--from", "2027-06-10", "--to", "2027-06-12", "--zone", "Asia/Almaty")
    outcome = cli(
        "summits", "create", "--calendar", "desk", "--id", "moved", "--status", "announced", *days
    )
    assert outcome.code == 0, outcome.err
    events = [feed_event(desk)]
    for command in (("reschedule", name, "--partial", "2027-09"), ("cancel", name)):
        assert cli(*command).code == 0
        events.append(feed_event(desk))
    assert [event["DTSTART"].dt.isoformat() for event in events] == ["2027-06-10"] * 3
    assert [str(event["STATUS"]) for event in events] == ["CONFIRMED", "TENTATIVE", "CANCELLED"]
    assert [int(event["SEQUENCE"]) for event in events] == [0, 1, 2]
    assert "September 2027" in str(events[1]["SUMMARY"])
    assert len({str(event["UID"]) for event in events}) == 1


def feed_event(service: Any) -> Any:
    """Return the one event of the calendar's feed."""
    with urllib.request.urlopen(f"{service.http}/feeds/desk.ics", timeout=10) as reply:
        (event,) = icalendar.Calendar.from_ical(reply.read()).walk("VEVENT")
    return event
