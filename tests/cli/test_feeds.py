"""`summitry feeds`: creation, tokens and serving of feeds."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from typing import Any

import pytest

NAME = "calendars/astana-2024/feeds/press"


def create(cli: Any, *flags: str) -> Any:
    return cli("feeds", "create", "--calendar", "astana-2024", "--id", "press", *flags)


def fetch(address: str) -> tuple[int, bytes]:
    try:
        with urllib.request.urlopen(address, timeout=60) as reply:
            return reply.status, reply.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


def test_feed_is_created_from_flags(sample: Any, cli: Any) -> None:
    flags = (
        *("--title", "en=Press", "--title", "fr=Presse", "--lang", "fr,en", "--detail", "events"),
        *("--cancelled", "mark", "--times", "utc", "--partial", "span", "--profile", "rich"),
        *("--past-days", "3650", "--future-days", "30", "--max-events", "50", "--color", "gold"),
        *("--country", "kz", "--kind", "summit,meeting"),
    )
    outcome = create(cli, *flags)
    assert outcome.code == 0 and outcome.out.startswith(f"created {NAME} (etag ")
    stored = json.loads(cli("feeds", "get", "astana-2024/press", "--output", "json").out)
    for field in ("ical_uid", "etag", "revision", "create_time", "update_time", "name"):
        stored.pop(field)
    assert stored == {
        "visibility": "VISIBILITY_PUBLIC",
        "titles": [
            {"text": "Press", "language_code": "en"},
            {"text": "Presse", "language_code": "fr"},
        ],
        "languages": ["fr", "en"],
        "filter": {
            "kinds": ["RECORD_KIND_SUMMIT", "RECORD_KIND_MEETING"],
            "region_codes": ["KZ"],
        },
        "detail": "FEED_DETAIL_EVENTS",
        "cancelled_events": "CANCELLED_EVENTS_MARK",
        "time_style": "TIME_STYLE_UTC",
        "partial_dates": "PARTIAL_DATES_SPAN",
        "profile": "FEED_PROFILE_RICH",
        "window": {
            "days_before": 3650,
            "days_after": 30,
            "time_zone": "UTC",
            "matching": "MATCH_CERTAINTY_POSSIBLE",
        },
        "max_events": 50,
        "color": "gold",
    }
    description = cli("feeds", "get", "astana-2024/press").out
    assert (
        re.search(r"address +/feeds/astana-2024/press.ics", description)
        and "3650 days back" in description
    )
    status, body = fetch(f"{sample.http}/feeds/astana-2024/press.ics")
    assert status == 200 and b"X-WR-CALNAME:Presse" in body


def test_feed_is_created_from_a_file_and_printed_as_one(
    sample: Any, cli: Any, tmp_path: Any
) -> None:
    file = tmp_path / "feed.yaml"
    assert create(cli, "--title", "Press").code == 0
    file.write_text(cli("feeds", "get", "astana-2024/press", "--output", "yaml").out)
    updated = cli("feeds", "update", "astana-2024/press", str(file), "--color", "teal")
    assert updated.code == 0
    copied = cli("feeds", "create", "--calendar", "astana-2024", "--id", "copy", str(file))
    assert copied.code == 0
    rows = cli("feeds", "list").out
    assert re.search(r"astana-2024/copy +Press +/feeds/astana-2024/copy.ics", rows)
    assert cli("feeds", "delete", "astana-2024/copy").out.startswith("deleted")
    listed = cli("feeds", "list", "--calendar", "astana-2024", "--output", "ndjson").out
    feeds = {feed["name"]: feed for feed in map(json.loads, listed.splitlines())}
    assert feeds[NAME]["color"] == "teal"


def test_feed_tokens_are_issued_listed_and_revoked(sample: Any, cli: Any) -> None:
    assert create(cli, "--title", "Desk", "--internal").code == 0
    host = ("--host", f"{sample.http}/")
    issued = cli("feeds", "issue-token", "astana-2024/press", "--label", "A reader", *host)
    address = issued.out.strip()
    assert fetch(address)[0] == 200
    assert "it cannot be shown again" in issued.err and address.rpartition("/")[2] not in issued.err
    ends = cli(
        "feeds", "issue-token", "astana-2024/press", "--expires", "2030-01-01", "--output", "json"
    )
    assert ends.json["expire_time"] == "2030-01-01T00:00:00Z"
    table = cli("feeds", "tokens", "astana-2024/press").out
    (token,) = re.findall(r"^(\S+) +A reader", table, re.MULTILINE)
    assert "2030-01-01T00:00Z" in table
    assert re.search(r"press +Desk +by token \(2 live\)", cli("feeds", "list").out)
    assert cli("feeds", "revoke-token", token).out == f"revoked {token}\n"
    assert fetch(address)[0] == 410
    revoked = cli("feeds", "tokens", "astana-2024/press", "--output", "json").json
    assert sorted("revoke_time" in row for row in revoked) == [False, True]


@pytest.mark.parametrize(
    ("argv", "code", "message"),
    [
        (["create"], 2, "there is nothing to write"),
        (["create", "--title", "x"], 2, "give --calendar ID"),
        (["create", "--title", "x", "--past-days", "3"], 2, "give both"),
        (["create", "--detail", "all"], 2, "'all' is none of: events, items"),
        (["get", "astana-2024/none"], 3, "there is no such record"),
        (["issue-token", "astana-2024/none", "--expires", "soon"], 2, "'soon' is not a day"),
        (["revoke-token", "x"], 2, "CALENDAR/FEED/TOKEN"),
        (["revoke-token", "astana-2024/press/x"], 3, "there is no such"),
        (["serve", "--http", "nonsense"], 2, "is not HOST:PORT"),
        (["serve", "--http", "0.0.0.0:0"], 2, "add --public"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_invalid_command_is_refused(
    sample: Any, cli: Any, argv: list[str], code: int, message: str
) -> None:
    outcome = cli("feeds", *argv)
    assert outcome.code == code and message in outcome.err, outcome.err


def test_serve_answers_feeds_over_http(sample: Any) -> None:
    command = [sys.executable, "-m", "summitry", "feeds", "serve", "--http", "127.0.0.1:0"]
    environment = {**os.environ, "SUMMITRY_SERVER": sample.grpc}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        address = line.removeprefix("http listening on ").strip()
        assert fetch(f"{address}/feeds/astana-2024.ics") == fetch(
            f"{sample.http}/feeds/astana-2024.ics"
        )
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
