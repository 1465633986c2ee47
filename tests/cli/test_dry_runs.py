"""--dry-run of the commands that write: all is checked and reported, and nothing is stored."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cli.test_help import leaves

RECORDS = ("calendars", "summits", "visits", "meetings", "delegations", "notices", "feeds")
VERBS = ("confirm", "postpone", "reschedule", "move", "cancel", "reinstate")
WRITES = {
    *(f"{kind} {verb}" for kind in RECORDS for verb in ("create", "update", "delete")),
    "feeds issue-token",
    "feeds revoke-token",
    *VERBS,
    "undelete",
    "restore",
    "purge",
    "import",
    "zones rebase",
}
NAME = "desk/summits/s"


def test_commands_that_write_have_the_flag_and_no_others() -> None:
    flags = {
        command
        for command, parser in leaves()
        if any("--dry-run" in action.option_strings for action in parser._actions)
    }
    assert flags == WRITES


@pytest.fixture
def head(cli: Any, desk: Any) -> Any:
    """Return a function that gives the revision of the store, which holds records to write to."""
    for argv in (
        ("summits", "create", "--calendar", "desk", "--id", "s", "--from", "2024-07-03"),
        ("summits", "create", "--calendar", "desk", "--id", "gone", "--title", "x"),
        ("summits", "delete", "desk/gone"),
        ("summits", "create", "--calendar", "desk", "--id", "off", "--title", "x"),
        ("cancel", "desk/summits/off"),
        ("feeds", "create", "--calendar", "desk", "--id", "f", "--secret"),
    ):
        assert cli(*argv).code == 0
    return desk.application.backend.store.head


@pytest.mark.parametrize(
    ("line", "report"),
    [
        ("calendars create --id new --title New", "created calendars/new"),
        ("calendars update desk --title New", "updated calendars/desk"),
        ("summits create --calendar desk --id t --title T", "created calendars/desk/summits/t"),
        ("summits update desk/s --title New", "updated calendars/desk/summits/s"),
        ("summits update desk/s --mask titles --title New", "updated calendars/desk/summits/s"),
        ("summits delete desk/s", "deleted calendars/desk/summits/s"),
        ("feeds create --calendar desk --id g --title G", "created calendars/desk/feeds/g"),
        ("feeds update desk/f --title New", "updated calendars/desk/feeds/f"),
        ("feeds delete desk/f", "deleted calendars/desk/feeds/f"),
        ("feeds issue-token desk/f --label phone", "would issue a token of desk/f"),
        (f"confirm {NAME} --output name", "confirmed calendars/desk/summits/s"),
        (f"postpone {NAME} --output name", "postponed calendars/desk/summits/s"),
        (f"reschedule {NAME} --from 2024-08-01 --output name", "rescheduled calendars/desk/summits/s"),
        (f"move {NAME} --place Almaty --output name", "moved calendars/desk/summits/s"),
        (f"cancel {NAME} --output name", "cancelled calendars/desk/summits/s"),
        ("reinstate desk/summits/off --output name", "reinstated calendars/desk/summits/off"),
        ("undelete desk/summits/gone", "undeleted calendars/desk/summits/gone"),
        ("purge desk/summits/gone", "purged calendars/desk/summits/gone"),
    ],
)  # fmt: skip
def test_dry_run_reports_and_stores_nothing(cli: Any, head: Any, line: str, report: str) -> None:
    before = head()
    outcome = cli(*line.split(), "--dry-run")
    assert outcome.code == 0, outcome.err
    assert outcome.out.strip() == f"dry run: {report}"
    assert head() == before


def test_dry_run_of_a_restore_and_of_a_revocation(cli: Any, head: Any) -> None:
    first = cli("history", NAME, "--output", "json").json[0]["snapshot"]
    assert cli("summits", "update", "desk/s", "--title", "New").code == 0
    assert cli("feeds", "issue-token", "desk/f").code == 0
    token = cli("feeds", "tokens", "desk/f", "--output", "json").json[0]["name"]
    before = head()
    restored = cli("restore", NAME, first, "--dry-run")
    assert restored.out == "dry run: restored calendars/desk/summits/s\n"
    revoked = cli("feeds", "revoke-token", token, "--dry-run")
    assert revoked.out.startswith("dry run: revoked desk/f/")
    assert head() == before


def test_dry_run_is_refused_as_the_write_is(cli: Any, head: Any) -> None:
    wrong = ("confirm", NAME, "--etag", '"1-0"')
    assert cli(*wrong, "--dry-run") == cli(*wrong)
    assert cli(*wrong).code == 5
