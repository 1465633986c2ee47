"""Import of calendar files that a calendar mirrors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

EVENT = "BEGIN:VEVENT\nUID:{0}\nDTSTAMP:20260101T000000Z\nDTSTART;VALUE=DATE:20260302\n{1}SUMMARY:{0}\nEND:VEVENT\n"
RULE = "RRULE:FREQ=DAILY;COUNT=2\n"


def file_of(*events: tuple[str, str]) -> str:
    body = "".join(EVENT.format(*event) for event in events)
    return f"BEGIN:VCALENDAR\nVERSION:2.0\n{body}END:VCALENDAR\n"


TALKS_AND_DINNER = file_of(("talks", RULE), ("dinner", ""))
DINNER = file_of(("dinner", ""))


@pytest.fixture
def load(cli: Any, desk: Any, tmp_path: Path) -> Any:
    def load(text: str, *flags: str) -> Any:
        path = tmp_path / "feed.ics"
        path.write_text(text)
        return cli("import", str(path), "--into", "desk", *flags)

    assert load(TALKS_AND_DINNER).out.startswith("3 created")
    return load


def statuses(cli: Any) -> dict[str, str]:
    records = cli("meetings", "list", "--output", "json").json
    return {record["ical_uid"]: record.get("status", "") for record in records}


@pytest.mark.parametrize(
    ("flags", "ending", "days"),
    [
        ((), "", 2),
        (("--mirror", "--dry-run"), ", 2 gone (cancel)", 2),
        (("--mirror", "--gone", "keep"), ", 2 gone (keep)", 2),
        (("--mirror",), ", 2 gone (cancel)", 0),
        (("--mirror", "--gone", "delete"), ", 2 gone (delete)", 0),
    ],
    ids=["no mirror", "dry run", "kept", "cancelled", "deleted"],
)
def test_events_that_the_file_lost_are_gone(
    cli: Any, load: Any, flags: tuple[str, ...], ending: str, days: int
) -> None:
    outcome = load(DINNER, *flags)
    assert outcome.out.splitlines()[0].endswith(f"1 unchanged, 0 failed{ending}")
    assert outcome.err.count("GONE: ") == (2 if ending else 0)
    live = [uid for uid, status in statuses(cli).items() if status != "EVENT_STATUS_CANCELLED"]
    assert "dinner" in live and len(live) == 1 + days


def test_file_that_cannot_be_read_whole_takes_nothing_away(cli: Any, load: Any) -> None:
    outcome = load(file_of(("talks", "RRULE:FREQ=NEVER\n")), "--mirror")
    assert "no other event is taken as gone" in outcome.err
    assert "EVENT_STATUS_CANCELLED" not in statuses(cli).values()


def test_events_of_the_desk_stay_in_a_mirror(cli: Any, load: Any) -> None:
    assert (
        cli("meetings", "create", "--calendar", "desk", "--id", "own", "--from", "2026-03-02").code
        == 0
    )
    before = len(statuses(cli))
    load(DINNER, "--mirror", "--gone", "delete")
    assert len(statuses(cli)) == before - 2


@pytest.mark.parametrize("flags", [("--from", "2"), ("--profile", "records")])
def test_mirror_of_a_part_is_refused(load: Any, flags: tuple[str, ...]) -> None:
    outcome = load(DINNER, "--mirror", *flags)
    assert outcome.code == 2 and "--mirror takes whole calendar files" in outcome.err


@pytest.mark.parametrize(
    ("flags", "count"),
    [(("--since", "2026-03-02", "--until", "2026-03-11"), 10), ((), 1000)],
    ids=["window", "default"],
)
def test_event_without_an_end_is_read_from_since_to_until(
    load: Any, flags: tuple[str, ...], count: int
) -> None:
    outcome = load(file_of(("daily", "RRULE:FREQ=DAILY\n")), *flags)
    assert outcome.out.startswith(f"{count} created")
    assert f"its {count} days from" in outcome.err


@pytest.mark.parametrize(
    "flags", [("--since", "soon"), ("--since", "2026-03-02", "--until", "2026-03-01")]
)
def test_window_without_days_is_refused(load: Any, flags: tuple[str, ...]) -> None:
    outcome = load(file_of(), *flags)
    assert outcome.code == 2 and "--since" in outcome.err
