"""Pages of the largest records: clients with the default limit of 4 MiB read every list of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from tempfile import TemporaryDirectory
from typing import Any

import grpc
import pytest

from summitry import Client, Meeting
from summitry_server.app import Application
from summitry_server.config import parse_config
from summitry_server.domain.changes.views import parse_version
from summitry_server.wire.limits import BATCH_BYTES, PAGE_BYTES

COUNT = 40
SUMMARY = "x" * 16_000
# Twelve summaries make a record of 188 KiB, nearly the largest that a request can bring.
LANGUAGES = [f"en-x-{number:02}" for number in range(12)]
DAY = "2024-07-03"
WINDOW = {"dates": {"first_date": DAY, "time_zone": "UTC"}}
NAMES = [f"calendars/c/meetings/m{number:02}" for number in range(COUNT)]


def large(number: int) -> dict[str, Any]:
    summaries = [{"text": SUMMARY, "language_code": code} for code in LANGUAGES]
    time = {"dates": {"first_date": DAY}}
    return {"name": NAMES[number], "summaries": summaries, "time": time}


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Yield the address of a service on SQLite."""
    options = ["--grpc", "127.0.0.1:0", "--http", "off"]
    with TemporaryDirectory() as folder:
        store = f"sqlite:///{folder}/store.db"
        application = Application(parse_config(["--store", store, *options]))
        yield str(application.grpc_address)
        application.stop()


@pytest.fixture(scope="module")
def crowded(api_class: Any, address: str) -> Iterator[Any]:
    """Yield a service with 40 meetings of 188 KiB on one day; the first has had 8 versions."""
    channel = grpc.insecure_channel(address)
    api = api_class(channel)
    api.create("calendars", "c")
    for number in range(COUNT):
        api.create("meetings", f"m{number:02}", **large(number))
    for turn in range(7):
        meeting = {"name": NAMES[0], "labels": {"turn": str(turn)}}
        api("UpdateMeeting", meeting=meeting, update_mask="labels")
    yield api
    channel.close()


def pages(send: Callable[..., Any], token: str = "") -> Iterator[Any]:
    while True:
        page = send(page_token=token)
        yield page
        if not (token := page.next_page_token):
            return


LISTS = {
    "ListMeetings": ({"parent": "calendars/c"}, "meetings", COUNT),
    "ListMeetings of a day": ({"parent": "calendars/c", "window": WINDOW}, "meetings", COUNT),
    "QueryAgenda": ({"parent": "calendars/c", "window": WINDOW}, "items", COUNT),
    "ListRevisions": ({"name": NAMES[0]}, "revisions", 8),
}  # fmt: skip


@pytest.mark.parametrize("case", LISTS)
def test_pages_end_near_one_mebibyte(crowded: Any, case: str) -> None:
    fields, field, count = LISTS[case]
    rpc = case.split()[0]
    answers = list(pages(lambda **more: crowded(rpc, **fields, page_size=1000, **more)))
    sizes = [answer.ByteSize() for answer in answers]
    assert max(sizes) < PAGE_BYTES + 1024
    assert all(size > PAGE_BYTES // 2 for size in sizes[:-1]), "pages are filled"
    entries = [entry for answer in answers for entry in getattr(answer, field)]
    assert len({entry.SerializeToString() for entry in entries}) == len(entries) == count


def test_changes_end_near_one_mebibyte(crowded: Any) -> None:
    start: dict[str, Any] = {"log_start": {}}
    names: list[str] = []
    while True:
        view = {"parent": "calendars/c"}
        answer = crowded("ListChanges", view=view, **start, page_size=1000)
        assert answer.ByteSize() < PAGE_BYTES + 1024
        names += [change.name for change in answer.changes]
        start = {"token": answer.next_token}
        if not answer.more:
            break
    assert names == ["calendars/c", *NAMES, *NAMES[:1] * 7]


@pytest.mark.parametrize("start", ["log_start", "initial"])
def test_page_of_changes_parses_what_it_has(crowded: Any, start: str) -> None:
    """A page has five of forty large records: to parse all of them for each page took 20 times as long."""
    parse_version.cache_clear()
    answer = crowded("ListChanges", view={"parent": "calendars/c"}, page_size=1000, **{start: {}})
    assert 1 < len(answer.changes) < COUNT / 2
    assert parse_version.cache_info().misses <= len(answer.changes) + 2


@pytest.mark.usefixtures("crowded")
def test_python_client_reads_all(address: str) -> None:
    with Client(address) as client:
        assert [meeting.name for meeting in client.list("meetings", "calendars/c")] == NAMES
        assert [meeting.name for meeting in client.batch_get(NAMES)] == NAMES


def test_batch_get_beyond_its_bytes_is_refused(crowded: Any) -> None:
    few = crowded("BatchGetMeetings", names=NAMES[:16])
    assert [meeting.name for meeting in few.meetings] == NAMES[:16]
    refusal = crowded.refusal("BatchGetMeetings", names=NAMES)
    assert refusal.code == grpc.StatusCode.RESOURCE_EXHAUSTED.name
    assert (refusal.reason, refusal.field) == ("MESSAGE_TOO_LARGE", "names")
    assert refusal.metadata["limit"] == str(BATCH_BYTES)
    assert "fewer names" in refusal.message


def test_versions_of_one_revision_are_given_once_each(fresh_api: Any) -> None:
    """A write that changed a record five times makes five versions of one revision."""
    api, calendar = fresh_api()
    name = f"{calendar}/meetings/m"
    api.create("meetings", "m", calendar)
    writes = [
        {"update": {"record": {"meeting": {"name": name, "labels": {"turn": str(turn)}}}, "update_mask": "labels"}}
        for turn in range(5)
    ]  # fmt: skip
    api("BatchWrite", writes=writes)
    answers = pages(lambda **more: api("ListRevisions", name=name, page_size=2, **more))
    lists = [list(answer.revisions) for answer in answers]
    assert [len(revisions) for revisions in lists] == [2, 2, 2]
    versions = [version for revisions in lists for version in revisions]
    turns = [version.record.meeting.labels.get("turn") for version in versions]
    assert turns == ["4", "3", "2", "1", "0", None]


def test_records_have_the_size_that_the_tests_assume(crowded: Any) -> None:
    meeting: Meeting = crowded("GetMeeting", name=NAMES[0]).meeting
    assert 188_000 < meeting.ByteSize() < 200_000
