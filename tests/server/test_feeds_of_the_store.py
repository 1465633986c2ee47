"""Feeds inside the server: only what is public, validators that move with the calendar."""

from __future__ import annotations

import http.client
from typing import Any

import pytest

from summitry.zones import rfc3339


def get(service: Any, path: str = "/feeds/c.ics", **headers: str) -> tuple[int, Any, str]:
    connection = http.client.HTTPConnection(service.http.removeprefix("http://"), timeout=10)
    connection.request("GET", path, headers={k.replace("_", "-"): v for k, v in headers.items()})
    answer = connection.getresponse()
    body = answer.read().decode()
    connection.close()
    return answer.status, answer.headers, body


@pytest.fixture
def feeds(service: Any, api_class: Any) -> Any:
    api = api_class(service.channel)
    api.create("calendars", "c", titles=[{"text": "C"}])
    return api


def test_an_unchanged_feed_is_304(service: Any, feeds: Any, make: Any) -> None:
    feeds.create("summits", "s", titles=[{"text": "S"}], time=make.dates("2024-07-03"))
    status, headers, body = get(service)
    assert status == 200 and "SUMMARY;LANGUAGE=en:S" in body
    again, _, empty = get(service, If_None_Match=headers["ETag"])
    assert (again, empty) == (304, "")
    feeds.create("calendars", "other")
    assert get(service, If_None_Match=headers["ETag"])[0] == 304, "other calendars do not matter"
    feeds("DeleteSummit", name="calendars/c/summits/s")
    status, changed, body = get(service, If_None_Match=headers["ETag"])
    assert status == 200 and "SUMMARY;LANGUAGE=en:S" not in body
    assert changed["ETag"] != headers["ETag"]


@pytest.mark.parametrize("level", ["INTERNAL", "RESTRICTED", "SECRET"])
def test_what_is_not_public_stays_inside(service: Any, feeds: Any, make: Any, level: str) -> None:
    title = [{"text": "Hidden"}]
    time = make.dates("2024-07-03")
    feeds.create("summits", "s", titles=title, time=time, visibility=f"VISIBILITY_{level}")
    assert "Hidden" not in get(service)[2]
    assert feeds("GetSummit", name="calendars/c/summits/s").summit.titles[0].text == "Hidden"


def test_a_calendar_that_is_not_public_has_no_feed(service: Any, feeds: Any) -> None:
    feeds("UpdateCalendar", calendar={"name": "calendars/c", "visibility": "VISIBILITY_INTERNAL"})
    assert get(service)[0] == 404
    assert "/feeds/c.ics" not in get(service, "/")[2]


def test_an_embargo_ends_without_a_write(service: Any, feeds: Any, make: Any, clock: Any) -> None:
    until = clock.time + 100
    feeds.create(
        "summits",
        "s",
        titles=[{"text": "Surprise"}],
        time=make.dates("2024-07-03"),
        embargo_until=rfc3339(until),
    )
    _, before, body = get(service)
    assert "Surprise" not in body
    clock.time = until - 1
    assert get(service, If_None_Match=before["ETag"])[0] == 304
    clock.time = until
    status, after, body = get(service, If_None_Match=before["ETag"])
    assert status == 200 and "Surprise" in body
    assert after["ETag"] != before["ETag"]


def test_no_calendar_no_feed(service: Any) -> None:
    assert get(service, "/feeds/none.ics")[0] == 404
    assert get(service, "/feeds/..%2f..%2fetc%2fpasswd.ics")[0] == 404
