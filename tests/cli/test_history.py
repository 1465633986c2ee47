"""history, diff, undelete, restore, purge, and --as-of, from the command line."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from summitry.cli.asof import SNAPSHOT, when_of
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


def snapshots(cli: Any, name: str) -> list[str]:
    """Return the snapshots of the versions of a record, the newest first."""
    return [version["snapshot"] for version in cli("history", name, "--output", "json").json]


def test_history_prints_time_source_and_fields_of_each_change(cli: Any, story: str) -> None:
    outcome = cli("history", story, "--zone", "Europe/Paris")
    assert outcome.code == 0
    header, newest, oldest = outcome.out.splitlines()
    assert header.split() == ["When", "By", "Changed", "Who", "Snapshot"]
    assert newest.startswith("2030-10-12 11:00 +02:00  UpdateSummit  time ")
    assert oldest.startswith("2030-08-20 11:00 +02:00  CreateSummit  created")
    assert [line.split()[-1] for line in (newest, oldest)] == snapshots(cli, story)


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


def test_history_names_labels_and_ends(cli: Any, story: str) -> None:
    for label in ("desk", "my key"):
        assert cli("summits", "update", "desk/sco-20", "--set", f"labels.{label}=x").code == 0
    assert cli("summits", "delete", "desk/sco-20").code == 0
    assert cli("undelete", story).code == 0
    versions = cli("history", story, "--output", "json").json
    changed = ["undeleted", "deleted", "labels.`my key`", "labels.desk", "time", "created"]
    assert [version["changed"] for version in versions] == [[word] for word in changed]


def test_diff_prints_each_field_that_differs(cli: Any, story: str) -> None:
    outcome = cli("diff", story, "--zone", "UTC")
    assert outcome.code == 0
    assert "time.dates" in outcome.out
    assert outcome.out.endswith(
        "from revision 2 (2030-08-20 09:00 +00:00) to revision 3 (2030-10-12 09:00 +00:00)\n"
    )
    new, old = snapshots(cli, story)
    answer = cli("diff", story, old, new, "--output", "json").json
    assert (answer["from_revision"], answer["to_revision"]) == (2, 3)
    assert (answer["from_snapshot"], answer["to_snapshot"]) == (old, new)
    assert answer["differences"] == cli("diff", story, old, "--output", "json").json["differences"]
    (before,) = snapshots(cli, "calendars/desk")
    assert cli("diff", story, before, old).code == 3
    assert cli("diff", story, old, new, old).code == 2
    number = cli("diff", story, "2")
    assert number.code == 2 and "give a snapshot as `summitry history` prints it" in number.err


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
    _, old = snapshots(cli, story)
    by_snapshot = cli("summits", "get", "desk/sco-20", "--output", "json", "--as-of", old)
    assert by_snapshot.json == got.json
    forged = cli("summits", "get", "desk/sco-20", "--as-of", old[:-2] + "AA")
    assert forged.code == 4 and "snapshot" in forged.err
    wrong = cli("summits", "get", "desk/sco-20", "--as-of", "october")
    assert wrong.code == 2 and "2020-10-01" in wrong.err


def test_deleted_record_is_undeleted_and_restored(cli: Any, story: str) -> None:
    assert cli("undelete", story).code == 5
    assert cli("summits", "delete", "desk/sco-20", "--reason", "a double").code == 0
    back = cli("undelete", story, "--reason", "by mistake")
    assert back.out.startswith("undeleted calendars/desk/summits/sco-20 (etag ")
    old = snapshots(cli, story)[-1]
    as_told = cli("restore", story, old, "--reason", "the old date holds", "--output", "json")
    assert as_told.json["time"]["partial"]["edtf"] == "2030-11?"
    reasons = [version["reason"] for version in cli("history", story, "--output", "json").json]
    assert reasons == ["the old date holds", "by mistake", "a double", "", ""]
    assert [version["changed"] for version in cli("history", story, "--output", "json").json][
        1:3
    ] == [
        ["undeleted"],
        ["deleted"],
    ]
    (before,) = snapshots(cli, "calendars/desk")
    assert cli("restore", story, before).code == 3
    assert cli("restore", story, old, "--output", "table").code == 0
    number = cli("restore", story, "2")
    assert number.code == 2 and "a revision does not say of which history" in number.err


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


def test_as_of_reads_snapshots_and_refuses_revisions() -> None:
    assert (when_of(SNAPSHOT, "UTC"), when_of("", "UTC")) == (SNAPSHOT, None)
    for text in ("soon", "2030-13-01", "-1"):
        with pytest.raises(UsageError):
            when_of(text, "UTC")
    with pytest.raises(UsageError, match="a revision does not say of which history: give a day"):
        when_of("412", "UTC")


def test_incomplete_name_is_refused(cli: Any, desk: Any) -> None:
    outcome = cli("history", "desk/sco-20")
    assert outcome.code == 2 and "CALENDAR/KIND/ID" in outcome.err
    assert cli("history", "calendars/desk").code == 0
