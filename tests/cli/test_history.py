"""history, diff, undelete, restore, purge, and --as-of, from the command line."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from summitry.cli.asof import when_of
from summitry.cli.failures import UsageError

SUMMIT = "desk/summits/sco-20"


@pytest.fixture
def story(cli: Any, desk: Any, clock: Any) -> str:
    """Store the SCO summit of 2020: possibly in November, then on the 10th; desk in Paris."""
    clock.time = int(datetime(2030, 8, 20, 9, tzinfo=UTC).timestamp())
    create = ("summits", "create", "--calendar", "desk", "--id", "sco-20", "--partial", "2030-11?")
    assert cli(*create, "--title", "SCO summit", "--place", "Moscow").code == 0
    clock.time = int(datetime(2030, 10, 12, 9, tzinfo=UTC).timestamp())
    assert cli("summits", "update", "desk/sco-20", "--from", "2030-11-10").code == 0
    return SUMMIT


def test_history_prints_time_source_and_fields_of_each_change(cli: Any, story: str) -> None:
    outcome = cli("history", story, "--zone", "Europe/Paris")
    assert outcome.code == 0
    header, newest, oldest = outcome.out.splitlines()
    assert header.split()[:4] == ["Revision", "When", "By", "Changed"]
    assert newest.startswith("3         2030-10-12 11:00 +02:00  UpdateSummit  time ")
    assert oldest.startswith("2         2030-08-20 11:00 +02:00  CreateSummit  created")


def test_history_prints_every_version_as_json(cli: Any, story: str) -> None:
    versions = cli("history", f"calendars/{story}", "--output", "json").json
    assert [version["revision"] for version in versions] == [3, 2]
    assert versions[0]["changed"] == ["time"] and versions[0]["method"] == "UpdateSummit"
    assert versions[1]["record"]["time"]["partial"]["edtf"] == "2030-11?"
    (last,) = cli("history", story, "--limit", "1", "--output", "json").json
    assert last == versions[0]
    lines = cli("history", story, "--output", "ndjson").out.splitlines()
    assert len(lines) == 2
    assert cli("history", story, "--limit", "-1").code == 2


def test_diff_prints_each_field_that_differs(cli: Any, story: str) -> None:
    outcome = cli("diff", story, "--zone", "UTC")
    assert outcome.code == 0
    assert "time.dates" in outcome.out
    assert outcome.out.endswith(
        "from revision 2 (2030-08-20 09:00 +00:00) to revision 3 (2030-10-12 09:00 +00:00)\n"
    )
    answer = cli("diff", story, "2", "3", "--output", "json").json
    assert (answer["from_revision"], answer["to_revision"]) == (2, 3)
    assert answer["differences"] == cli("diff", story, "2", "--output", "json").json["differences"]
    assert cli("diff", story, "1", "2").code == 3
    assert cli("diff", story, "1", "2", "3").code == 2


def test_as_of_reads_the_state_of_a_past_day(cli: Any, story: str) -> None:
    then, now = ("--as-of", "2030-10-01"), ("--as-of", "2030-10-12T12:00Z")
    got = cli("summits", "get", "desk/sco-20", "--output", "json", *then)
    assert got.json["time"]["partial"]["edtf"] == "2030-11?"
    assert cli("summits", "get", "desk/sco-20", "--output", "json", *now).json["time"]["dates"]
    listed = cli("summits", "list", "--output", "json", *then)
    assert listed.json == [got.json]
    november = ("agenda", "--from", "2030-11-09", "--to", "2030-11-11", "--output", "json")
    assert cli(*november, *then).json == []
    assert [item["record"] for item in cli(*november, "--possible", *then).json] == [got.json]
    assert len(cli(*november).json) == 1
    assert cli("summits", "get", "desk/sco-20", "--as-of", "2030-08-01").code == 3
    assert cli("summits", "get", "desk/sco-20", "--as-of", "99").code == 4
    wrong = cli("summits", "get", "desk/sco-20", "--as-of", "october")
    assert wrong.code == 2 and "2020-10-01" in wrong.err


def test_deleted_record_is_undeleted_and_restored(cli: Any, story: str) -> None:
    assert cli("undelete", story).code == 5
    assert cli("summits", "delete", "desk/sco-20", "--reason", "a double").code == 0
    back = cli("undelete", story, "--reason", "by mistake")
    assert back.out.startswith("undeleted calendars/desk/summits/sco-20 (etag ")
    as_told = cli("restore", story, "2", "--reason", "the old date holds", "--output", "json")
    assert as_told.json["time"]["partial"]["edtf"] == "2030-11?"
    reasons = [version["reason"] for version in cli("history", story, "--output", "json").json]
    assert reasons == ["the old date holds", "by mistake", "a double", "", ""]
    assert [version["changed"] for version in cli("history", story, "--output", "json").json][
        1:3
    ] == [
        ["undeleted"],
        ["deleted"],
    ]
    assert cli("restore", story, "1").code == 3
    assert cli("restore", story, "2", "--output", "table").code == 0


def test_purge_needs_confirmation(cli: Any, story: str) -> None:
    unsure = cli("purge", story)
    assert unsure.code == 2 and "--yes" in unsure.err
    assert cli("purge", story, "--yes").code == 4, "it is not deleted"
    cli("summits", "delete", "desk/sco-20")
    assert cli("purge", story, "--yes").out.startswith("purged calendars/desk/summits/sco-20")
    assert cli("history", story).code == 3


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2030-10-01", "2030-10-01T21:59:59"),
        ("2030-10-27", "2030-10-27T22:59:59"),
        ("2030-10-01T12:00", "2030-10-01T10:00:00"),
        ("2030-03-31T02:30", "2030-03-31T01:30:00"),
        ("2030-10-01T12:00Z", "2030-10-01T12:00:00"),
        ("2030-10-01T12:00:30+05:00", "2030-10-01T07:00:30"),
    ],
)
def test_as_of_reads_days_and_local_times_in_the_zone(text: str, utc: str) -> None:
    assert when_of(text, "Europe/Paris") == datetime.fromisoformat(utc).replace(tzinfo=UTC)


def test_as_of_reads_numbers_as_revisions() -> None:
    assert (when_of("412", "UTC"), when_of("", "UTC")) == (412, None)
    for text in ("soon", "2030-13-01", "-1"):
        with pytest.raises(UsageError):
            when_of(text, "UTC")


def test_incomplete_name_is_refused(cli: Any, desk: Any) -> None:
    outcome = cli("history", "desk/sco-20")
    assert outcome.code == 2 and "CALENDAR/KIND/ID" in outcome.err
    assert cli("history", "calendars/desk").code == 0
