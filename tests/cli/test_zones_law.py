"""Audit and rebase from the command line after a change of zone rules, against a real store."""

from __future__ import annotations

import re
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from summitry.cli.lawchange import field_words, shift_words, to_json
from summitry.v1.time_zone_service_pb2 import ImpactKind, TimeZoneImpact
from summitry.zones import default_database

OLD_TREE = Path(__file__).resolve().parents[1] / "data" / "tzdb-2023c"
BEFORE = 1_703_000_000  # 19 December 2023: the law of Kazakhstan was not yet known
CURRENT = default_database().version
CALENDAR = ("calendars", "create", "--id", "c", "--zone", "Asia/Almaty")
ASTANA = ("--zone", "Asia/Almaty", "--calendar", "c")
SESSION = ("--start", "2024-07-04T10:00", "--end", "2024-07-04T12:00", *ASTANA)


@pytest.fixture
def later(
    start: Any, clock: Any, cli: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Any]:
    """Return a writer of records under 2023c that restarts the service on today's data."""
    clock.time = BEFORE
    store = f"sqlite:///{tmp_path}/s.db"

    def run(*creations: tuple[str, ...]) -> Any:
        old = start("--store", store, "--tzdb-dir", str(OLD_TREE), "--tzdb", "2023c")
        monkeypatch.setenv("SUMMITRY_SERVER", old.grpc)
        for words in (CALENDAR, *creations):
            outcome = cli(*words)
            assert outcome.code == 0, outcome.err
        old.channel.close()
        old.application.stop()
        new = start("--store", store, "--rebase", "off", "--tzdb-dir", str(OLD_TREE))
        monkeypatch.setenv("SUMMITRY_SERVER", new.grpc)
        return new

    return run


def session(id: str, *options: str) -> tuple[str, ...]:
    return ("meetings", "create", "--id", id, *SESSION, *options)


def test_rebase_to_an_older_release_needs_a_flag(
    start: Any, clock: Any, cli: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock.time = BEFORE
    store = ("--store", f"sqlite:///{tmp_path}/s.db", "--http", "off")
    new = start(*store)
    monkeypatch.setenv("SUMMITRY_SERVER", new.grpc)
    for words in (CALENDAR, session("session")):
        assert cli(*words).code == 0
    new.channel.close()
    new.application.stop()
    old = start(*store, "--tzdb-dir", str(OLD_TREE), "--tzdb", "2023c")
    monkeypatch.setenv("SUMMITRY_SERVER", old.grpc)
    audit = cli("zones", "audit")
    assert f"last rebased to time zone data {CURRENT}, newer than 2023c" in audit.out
    refused = cli("zones", "rebase")
    assert refused.code != 0 and "--allow-older" in refused.err
    done = cli("zones", "rebase", "--allow-older")
    assert (done.code, done.out.splitlines()[0]) == (
        0,
        "1 record changed, with time zone data 2023c",
    )
    assert "last rebased to" not in cli("zones", "audit").out


def ics(service: Any) -> str:
    with urllib.request.urlopen(f"{service.http}/feeds/c.ics", timeout=60) as answer:
        return re.sub(r"\r\n ", "", answer.read().decode())


def test_audit_and_rebase_follow_the_change_of_almaty(later: Any, cli: Any) -> None:
    service = later(session("session", "--title", "Plenary session"))

    audit = cli("zones", "audit")
    assert (audit.code, audit.err) == (0, "")
    header, zone, first, second = (line for line in audit.out.splitlines()[:5] if line)
    columns = r"Record +Title +Field +Wall time +UTC +Shift +Law +What"
    assert re.fullmatch(columns, header)
    assert zone == "Asia/Almaty"
    cells = ["c/meetings/session", "Plenary session", "start", "2024-07-04 10:00"]
    shift = ["2024-07-04 04:00Z -> 05:00Z", "+1:00", "+06:00 -> +05:00", "moved"]
    assert re.split("  +", first) == cells + shift
    assert re.split("  +", second)[2:5] == [
        "end", "2024-07-04 12:00", "2024-07-04 06:00Z -> 07:00Z"
    ]  # fmt: skip
    assert re.search(r"^Asia/Almaty +2 +2 moved$", audit.out, re.MULTILINE)
    ending = f"2 times of 1 record: the stored resolution, compared with time zone data {CURRENT}\n"
    assert audit.out.endswith(ending)

    dry = cli("zones", "rebase", "--dry-run")
    assert dry.out.startswith(f"1 record would change, with time zone data {CURRENT}\n")
    assert cli("zones", "audit").out == audit.out, "a dry run changes nothing"
    done = cli("zones", "rebase")
    assert (done.code, done.out) == (0, dry.out.replace("would change", "changed"))
    again = cli("zones", "rebase")
    assert again.out == f"nothing to change: all times are resolved with time zone data {CURRENT}\n"
    nothing = f"nothing would move: the stored resolution, compared with time zone data {CURRENT}\n"
    assert cli("zones", "audit").out == f"\n{nothing}"

    agenda = cli("agenda", "--from", "2024-07-04", "--zone", "Asia/Almaty")
    assert "10:00-12:00 +05:00  meeting  Plenary session" in agenda.out
    assert f"(time zone data {CURRENT})" in agenda.out
    abroad = cli("agenda", "--from", "2024-07-04", "--zone", "Europe/Paris").out
    assert re.search(r"07:00-09:00 \+02:00 .* 10:00-12:00 \+05:00 Almaty", abroad)
    assert "DTSTART;TZID=Asia/Almaty:20240704T100000" in cli("export", "c").out
    assert "DTSTART;TZID=Asia/Almaty:20240704T100000" in ics(service)
    record = cli("meetings", "get", "c/session", "--output", "json").json
    assert record["sequence"] == 1
    assert record["time"]["resolved"]["interval"]["start_time"] == "2024-07-04T05:00:00Z"


def test_titles_are_in_the_requested_language(later: Any, cli: Any) -> None:
    later(session("session", "--title", "en=Plenary", "--title", "fr=Séance"))
    assert "Plenary" in cli("zones", "audit").out
    assert "Séance" in cli("zones", "audit", "--language", "fr").out


def test_audit_prints_json(later: Any, cli: Any) -> None:
    later(
        session("session"), ("meetings", "create", "--id", "days", "--from", "2024-07-04", *ASTANA)
    )
    report = cli("zones", "audit", "--output", "json").json
    assert (report["from_version"], report["to_version"]) == ("", CURRENT)
    (start,) = [i for i in report["impacts"] if i["field_path"] == "time.timed.start"]
    assert start == {
        "name": "calendars/c/meetings/session",
        "field_path": "time.timed.start",
        "kind": "moved",
        "time_zone": "Asia/Almaty",
        "civil_time": "2024-07-04T10:00:00",
        "old_time": "2024-07-04T04:00:00Z",
        "new_time": "2024-07-04T05:00:00Z",
        "old_offset": "+06:00",
        "new_offset": "+05:00",
        "shift_seconds": 3600,
    }
    counts = {"moved": 2, "day-moved": 2}
    assert report["totals"] == [{"time_zone": "Asia/Almaty", "examined": 4, "counts": counts}]
    lines = cli("zones", "audit", "--output", "ndjson").out.splitlines()
    assert len(lines) == 4


@pytest.mark.parametrize(
    ("flags", "moved"),
    [
        ((), 2),
        (("--calendar", "c"), 2),
        (("--calendar", "other"), 0),
        (("--zone", "Europe/Paris"), 0),
        (("--zone", "Europe/Paris", "--zone", "Asia/Almaty"), 2),
        (("--to", "2023c"), 0),
        (("--from", "2023c"), 2),
        pytest.param(("--from", CURRENT), 0, id="--from-current"),
    ],
    ids=lambda value: "-".join(value) or "all" if isinstance(value, tuple) else "",
)
def test_flags_choose_the_records_and_releases_compared(
    later: Any, cli: Any, flags: tuple[str, ...], moved: int
) -> None:
    later(session("session"), ("calendars", "create", "--id", "other", "--title", "Other"))
    lines = cli("zones", "audit", "--output", "ndjson", *flags).out.splitlines()
    assert len(lines) == moved
    table = cli("zones", "audit", *flags)
    assert table.code == 0
    assert ("nothing would move" in table.out) is (not moved)


def test_past_records_are_rebased_only_by_a_flag(later: Any, cli: Any, clock: Any) -> None:
    later(session("session"))
    clock.time = BEFORE + 2 * 366 * 86_400
    assert cli("zones", "audit").out.startswith("\nnothing would move")
    assert cli("zones", "rebase").out.startswith("nothing to change")
    assert cli("zones", "audit", "--past").out.count("past, corrected") == 2
    assert cli("zones", "rebase", "--past").out.startswith("1 record changed")
    assert cli("zones", "rebase", "--past").out.startswith("nothing to change")


def test_rebase_of_one_zone_leaves_other_zones(later: Any, cli: Any) -> None:
    later(session("session"))
    assert cli("zones", "rebase", "--zone", "Asia/Qostanay").out.startswith("nothing to change")
    assert cli("zones", "rebase", "--zone", "Asia/Almaty").out.startswith("1 record changed")


@pytest.mark.parametrize(
    ("reply", "options", "changed"),
    [("y\n", (), True), ("n\n", (), False), ("", (), False), ("", ("--yes",), True)],
    ids=["yes", "no", "no-answer", "not-asked"],
)
def test_rebase_on_a_terminal_asks_for_confirmation(
    later: Any, cli: Any, reply: str, options: tuple[str, ...], changed: bool
) -> None:
    later(session("session"))
    outcome = cli("zones", "rebase", *options, stdin=reply, columns=100)
    assert outcome.code == 0
    assert outcome.out.count("change 1 record? [y/N]") == (0 if options else 1)
    assert ("nothing was changed" in outcome.out) is not changed
    impacts = cli("zones", "audit", "--output", "ndjson").out
    assert (impacts == "") is changed


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (("audit", "--to", "2001a"), "2023c"),
        (("audit", "--zone", "Asia/Astana"), "Asia/Almaty"),
        (("rebase", "--zone", "Mars/Base"), "time_zones"),
    ],
    ids=["version", "zone", "zone-of-rebase"],
)
def test_unknown_release_or_zone_is_refused(
    later: Any, cli: Any, words: tuple[str, ...], part: str
) -> None:
    later()
    outcome = cli("zones", *words)
    assert (outcome.code, outcome.out) == (4, "")
    assert part in outcome.err


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("time.timed.start", "start"),
        ("time.dates.last_date", "last day"),
        ("segments[0].time.timed.end", "segment 1 end"),
        ("members[11].presence.dates.first_date", "member 12 presence first day"),
    ],
)
def test_field_paths_are_put_into_words(path: str, words: str) -> None:
    assert field_words(path) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(3600, "+1:00"), (-1800, "-0:30"), (0, ""), (86_400, "+24:00"), (-75, "-0:01:15")],
)
def test_shifts_are_put_into_words(seconds: int, words: str) -> None:
    assert shift_words(seconds) == words


@pytest.mark.parametrize("kind", ImpactKind.values()[1:], ids=ImpactKind.Name)
def test_each_impact_is_put_into_words(kind: ImpactKind) -> None:
    from summitry.cli.lawchange import _IMPACTS

    assert to_json(TimeZoneImpact(kind=kind))["kind"] in _IMPACTS
