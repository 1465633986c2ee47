"""Feeds inside the server: only what is public, validators that move with the calendar."""

from __future__ import annotations

import http.client
import re
from collections.abc import Sequence
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
from google.protobuf.field_mask_pb2 import FieldMask

from summitry.zones import rfc3339


def get(service: Any, path: str = "/feeds/c.ics", **headers: str) -> tuple[int, Any, str]:
    connection = http.client.HTTPConnection(service.http.removeprefix("http://"), timeout=60)
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
def test_hidden_records_are_in_no_feed(service: Any, feeds: Any, make: Any, level: str) -> None:
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


def test_a_filter_of_a_feed_is_that_of_lists(service: Any, feeds: Any, make: Any) -> None:
    """Regions, kinds and days: what a feed shows is what a list with its filter has."""
    for number, region in enumerate(("KZ", "CN", "KZ", "")):
        feeds.create(
            "summits",
            f"s{number}",
            titles=[{"text": f"S{number}"}],
            time=make.dates(f"2024-07-0{number + 1}"),
            places=[{"region_code": region}] if region else [],
        )
    feeds.create("meetings", "m", titles=[{"text": "M"}], time=make.dates("2024-07-03"))
    window = {"dates": {"first_date": "2024-07-02", "last_date": "2024-07-04", "time_zone": "UTC"}}
    filters: list[dict[str, Any]] = [
        {},
        {"region_codes": ["kz"]},
        {"kinds": ["RECORD_KIND_SUMMIT"]},
        {"fixed_window": window},
        {"region_codes": ["KZ"], "fixed_window": window},
        {"text": "s1"},
    ]
    for number, query in enumerate(filters):
        days = query.pop("fixed_window", None)
        feeds.create("feeds", f"f{number}", filter=query, fixed_window=days)
        body = get(service, f"/feeds/c/f{number}.ics")[2]
        titles = set(re.findall(r"SUMMARY;LANGUAGE=en:(\w+)", body))
        kinds = query.pop("kinds", None)
        within = {"parent": "calendars/c", "window": days}
        listed = [
            *feeds("ListSummits", filter=query, **within).summits,
            *(() if kinds else feeds("ListMeetings", filter=query, **within).meetings),
        ]
        assert titles == {record.titles[0].text for record in listed}, query


def test_secret_address_reads_an_internal_feed(service: Any, feeds: Any, make: Any) -> None:
    feeds.create("summits", "s", titles=[{"text": "S"}], time=make.dates("2024-07-03"))
    hidden = "VISIBILITY_INTERNAL"
    feeds.create("feeds", "f", visibility=hidden, max_visibility=hidden)
    issued = feeds("IssueFeedToken", name="calendars/c/feeds/f")
    status, headers, _ = get(service, issued.path)
    assert status == 200 and headers["Cache-Control"].startswith("private")
    feeds("UpdateSummit", summit={"name": "calendars/c/summits/s", "visibility": hidden})
    assert "SUMMARY" in get(service, issued.path)[2], "the feed has internal records too"
    assert "SUMMARY" not in get(service)[2]
    feeds("RevokeFeedToken", name=issued.token.name)
    assert get(service, issued.path)[0] == 410
    assert get(service, f"/s/{'a' * 32}.ics")[0] == 404


def test_a_deleted_feed_is_gone_until_it_is_back(service: Any, feeds: Any) -> None:
    feeds.create("feeds", "f", visibility="VISIBILITY_INTERNAL")
    issued = feeds("IssueFeedToken", name="calendars/c/feeds/f")
    assert get(service, issued.path)[0] == 200
    feeds("DeleteFeed", name="calendars/c/feeds/f")
    assert get(service, issued.path)[0] == 410
    feeds("UndeleteFeed", name="calendars/c/feeds/f")
    assert get(service, issued.path)[0] == 200


def test_dates_rise_over_restarts_and_steps_of_the_clock(
    start: Any, api_class: Any, make: Any, clock: Any, tmp_path: Any
) -> None:
    """Each change has a tag of its own, and a date that is not before the last one."""
    responses = []
    for step, title in ((60, "A"), (-86_400, "B"), (0, "C"), (200_000, "D"), (-300_000, "E")):
        clock.time += step
        service = start("--store", f"sqlite:///{tmp_path}/s.db")
        api = api_class(service.channel)
        if title == "A":
            api.create("calendars", "c")
        time = make.dates("2024-07-03")
        api("UpdateSummit", allow_missing=True, summit={
            "name": "calendars/c/summits/s", "titles": [{"text": title}], "time": time,
        })  # fmt: skip
        _, headers, body = get(service)
        assert f"SUMMARY;LANGUAGE=en:{title}" in body
        if responses:
            since = get(service, If_Modified_Since=responses[-1]["Last-Modified"])
            assert since[0] == 200, "no date hides a change"
        responses.append(headers)
        service.channel.close()
        service.application.stop()
    dates = [parsedate_to_datetime(headers["Last-Modified"]) for headers in responses]
    assert dates == sorted(dates)
    assert len({headers["ETag"] for headers in responses}) == len(responses)


HIDDEN = {"visibility": "VISIBILITY_SECRET"}
# What happens to records, and whether readers of public records, and of internal ones, notice.
WRITES: list[tuple[str, str, dict[str, Any], bool, bool]] = [
    ("create a public record", "UpdateMeeting", {"titles": [{"text": "M"}]}, True, True),
    ("create a secret one", "UpdateSummit", {**HIDDEN, "titles": [{"text": "S"}]}, False, False),
    ("change the secret one", "UpdateSummit", {"titles": [{"text": "T"}]}, False, False),
    ("delete the secret one", "DeleteSummit", {}, False, False),
    ("hide the public one", "UpdateMeeting", {"visibility": "VISIBILITY_INTERNAL"}, True, True),
    ("change it while it is internal", "UpdateMeeting", {"titles": [{"text": "N"}]}, False, True),
    ("make it secret", "UpdateMeeting", HIDDEN, False, True),
    ("change it while it is secret", "UpdateMeeting", {"titles": [{"text": "O"}]}, False, False),
    ("show it again", "UpdateMeeting", {"visibility": "VISIBILITY_PUBLIC"}, True, True),
    ("put it under an embargo", "UpdateMeeting", {"embargo_until": "2030-01-01T00:00:00Z"}, True, True),
    ("change it under its embargo", "UpdateMeeting", {"titles": [{"text": "P"}]}, False, False),
    ("lift the embargo", "UpdateMeeting", {"embargo_until": "2001-01-01T00:00:00Z"}, True, True),
    ("delete it", "DeleteMeeting", {}, True, True),
]  # fmt: skip


@pytest.mark.parametrize("restarts", [False, True], ids=["one-server", "restarts"])
def test_hidden_writes_move_no_date_and_visible_ones_do(
    start: Any, api_class: Any, clock: Any, tmp_path: Any, restarts: bool
) -> None:
    """Also: a server that was just started gives the date that the one before gave."""
    service = start("--store", f"sqlite:///{tmp_path}/s.db")
    api = api_class(service.channel)
    api.create("calendars", "c")
    api.create("feeds", "f", visibility="VISIBILITY_INTERNAL", max_visibility="VISIBILITY_INTERNAL")
    paths = ("/feeds/c.ics", api("IssueFeedToken", name="calendars/c/feeds/f").path)
    clock.time += 60
    before = dates(service, paths)
    for case, rpc, fields, *noticed in WRITES:
        clock.time += 60
        noun = rpc[6:].lower()
        name = f"calendars/c/{noun}s/{noun[0]}"
        if rpc.startswith("Delete"):
            api(rpc, name=name)
        else:
            mask = FieldMask(paths=list(fields)).ToJsonString()
            sent = {noun: {"name": name, **fields}}
            api(rpc, update_mask=mask, allow_missing=True, **sent)
        wrote = clock.time
        clock.time += 60
        if restarts:
            service.channel.close()
            service.application.stop()
            service = start("--store", f"sqlite:///{tmp_path}/s.db")
            api = api_class(service.channel)
        after = dates(service, paths)
        assert after == [
            wrote if moved else date for date, moved in zip(before, noticed, strict=True)
        ], case
        before = after


def dates(service: Any, paths: Sequence[str]) -> list[float]:
    """Return the Last-Modified dates of feeds, in epoch seconds."""
    headers = [get(service, path)[1] for path in paths]
    return [parsedate_to_datetime(header["Last-Modified"]).timestamp() for header in headers]


def test_hidden_writes_change_no_tag_of_feed_or_page(service: Any, feeds: Any, clock: Any) -> None:
    paths = ("/feeds/c.ics", "/calendars/c", "/")
    feeds.create("meetings", "m", titles=[{"text": "M"}])
    clock.time += 60
    tags = [get(service, path)[1]["ETag"] for path in paths]
    feeds.create("summits", "s", **HIDDEN)
    feeds("UpdateSummit", summit={"name": "calendars/c/summits/s", "titles": [{"text": "T"}]})
    assert [get(service, path)[1]["ETag"] for path in paths] == tags


def test_no_calendar_no_feed(service: Any) -> None:
    assert get(service, "/feeds/none.ics")[0] == 404
    assert get(service, "/feeds/..%2f..%2fetc%2fpasswd.ics")[0] == 404
