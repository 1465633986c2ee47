"""A request with an id is done once: sent again it gets the same answer, with another body none."""

from __future__ import annotations

import threading
import uuid
from typing import Any

import pytest

from summitry._calls.methods import METHODS
from summitry.kinds import KINDS
from summitry.v1 import calendar_service_pb2
from summitry.v1.error_reason_pb2 import ErrorReason
from summitry_server.context import LOCAL_CALL, Call
from summitry_server.jobs.maintenance import expiry_of_requests
from summitry_server.services.writing import ANSWER_SECONDS, once
from summitry_server.wire.refusals import RefusedError
from tests.server.lives import name_of_life, writes_of_a_life

CALENDARS = calendar_service_pb2.DESCRIPTOR.services_by_name["CalendarService"]
METHODS_BY_NAME = {method.path.rpartition("/")[2]: method for method in METHODS}
DAY = 86_400
ID = "6f1c2a50-5f0e-4c6b-9a54-0d6c1f7e2b11"

# Streams: to import the same again changes nothing.
WITHOUT_ID = {"WatchChanges", "ImportRecords", "ExportRecords", "ParseCalendar"}


def rpc_of(method: Any) -> str:
    return str(method.path.rpartition("/")[2])


@pytest.mark.parametrize("method", METHODS, ids=rpc_of)
def test_only_writing_requests_take_a_request_id(method: Any) -> None:
    fields = method.request.DESCRIPTOR.fields_by_name
    without = method.is_read or rpc_of(method) in WITHOUT_ID
    assert without != ("request_id" in fields)
    assert without or "reason" in fields or "note" in fields


@pytest.mark.parametrize("kind", KINDS, ids=[kind.collection for kind in KINDS])
def test_each_write_is_done_once(api: Any, make: Any, kind: Any, clock: Any) -> None:
    name = name_of_life(kind)
    for rpc, request in writes_of_a_life(kind, api, make):
        before = api.revision()
        request["request_id"] = str(uuid.uuid4())
        first = api(rpc, **request)
        clock.time += 5
        again = api(rpc, **request)
        assert first.SerializeToString() == again.SerializeToString(), rpc
        assert api.revision() == before + 1, rpc
        if rpc.startswith("Purge"):
            continue  # it leaves no versions to list
        entry = api("ListRevisions", name=name).revisions[0].entry
        assert (entry.request_id, entry.method) == (request["request_id"], rpc)
        assert entry.reason == request.get("note", {}).get("reason", "")


def test_labels_in_another_order_are_the_same_request(api: Any) -> None:
    labels = {f"label-{number}": "v" for number in range(60)}
    first, again = (
        api("CreateSummit", parent="calendars/c", summit={"labels": ordered}, request_id=ID)
        for ordered in (labels, dict(reversed(labels.items())))
    )
    assert first == again


def test_an_id_is_of_one_request(api: Any) -> None:
    sent = {"parent": "calendars/c", "summit_id": "s", "summit": {"series": "x"}, "request_id": ID}
    api("CreateSummit", **sent)
    different_requests = [
        ("CreateSummit", {**sent, "summit": {"series": "y"}}),
        ("DeleteSummit", {"name": "calendars/c/summits/s", "request_id": ID.upper()}),
        (
            "BatchWrite",
            {"request_id": ID, "writes": [{"delete": {"name": "calendars/c/summits/s"}}]},
        ),
    ]
    for rpc, request in different_requests:
        refusal = api.refusal(rpc, **request)
        assert (refusal.code, refusal.reason) == ("INVALID_ARGUMENT", "REQUEST_ID_REUSED")
        assert (refusal.field, refusal.metadata["value"]) == ("request_id", ID)


@pytest.mark.parametrize("bad", ["x", "6f1c2a50", ID + "0", ID.replace("-", ""), "{" + ID + "}"])
def test_an_id_is_a_uuid(api: Any, bad: str) -> None:
    refusal = api.refusal("DeleteSummit", name="calendars/c/summits/s", request_id=bad)
    assert (refusal.reason, refusal.field) == ("INVALID_VALUE", "request_id")


def test_stored_answer_lasts_a_day(api: Any, clock: Any) -> None:
    sent = {"parent": "calendars/c", "summit": {"series": "x"}, "request_id": ID}
    first = api("CreateSummit", **sent).summit.name
    clock.time += DAY - 1
    assert api("CreateSummit", **sent).summit.name == first
    clock.time += 1
    assert api("CreateSummit", **sent).summit.name != first


def test_refused_request_may_be_sent_again(api: Any) -> None:
    sent = {"name": "calendars/c/summits/s", "request_id": ID}
    assert api.refusal("DeleteSummit", **sent).reason == "RECORD_NOT_FOUND"
    api.create("summits", "s")
    api("DeleteSummit", **sent)


def test_stored_answer_is_returned_after_later_changes(api: Any) -> None:
    """A retry finds what was answered, even where the same act would be refused by now."""
    sent = {"parent": "calendars/c", "summit_id": "s", "summit": {}, "request_id": ID}
    first = api("CreateSummit", **sent)
    api("DeleteSummit", name=first.summit.name)
    api("BatchWrite", writes=[{"purge": {"name": first.summit.name}}])
    api("DeleteCalendar", name="calendars/c")
    assert api("CreateSummit", **sent) == first


def test_retry_is_answered_before_its_request_is_looked_at(service: Any, api_class: Any) -> None:
    """A newer rule or table may refuse a request that was accepted before."""
    create = METHODS_BY_NAME["CreateCalendar"]
    request = create.request(calendar_id="c", calendar={}, request_id=ID)
    first = api_class(service.channel)("CreateCalendar", request)

    def refuse(request: Any, call: Call) -> bytes:
        raise RefusedError(ErrorReason.ERROR_REASON_INVALID_VALUE, "refused by now")

    rpcs = once(service.application.backend, CALENDARS, {"CreateCalendar": refuse})
    answer = rpcs["CreateCalendar"](request, LOCAL_CALL)
    assert create.response.FromString(answer) == first
    request.request_id = str(uuid.uuid4())
    with pytest.raises(RefusedError):
        rpcs["CreateCalendar"](request, LOCAL_CALL)


@pytest.mark.parametrize("engine", ["memory", "sqlite"])
def test_retries_that_cross_each_other(
    start: Any, api_class: Any, tmp_path: Any, engine: str
) -> None:
    url = "memory:" if engine == "memory" else f"sqlite:///{tmp_path}/s.db"
    api = api_class(start("--http", "off", "--store", url).channel)
    api.create("calendars", "c")
    before = api.revision()
    sent = {"parent": "calendars/c", "summit": {"series": "x"}, "request_id": ID}
    answers: list[bytes] = []

    def send() -> None:
        answers.append(api("CreateSummit", **sent).SerializeToString())

    threads = [threading.Thread(target=send, daemon=True) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(answers) == 8 and len(set(answers)) == 1
    assert api.revision() == before + 1


def test_an_answer_outlives_the_server(start: Any, api_class: Any, tmp_path: Any) -> None:
    options = ("--http", "off", "--store", f"sqlite:///{tmp_path}/s.db")
    first = start(*options)
    api = api_class(first.channel)
    sent = {"calendar_id": "c", "calendar": {}, "request_id": ID}
    answer = api("CreateCalendar", **sent)
    first.application.stop()
    assert api_class(start(*options).channel)("CreateCalendar", **sent) == answer


def test_a_rebase_is_remembered(api: Any) -> None:
    first = api("RebaseTimeZones", parent="calendars/-", request_id=ID)
    api.create("summits", "s")
    assert api("RebaseTimeZones", parent="calendars/-", request_id=ID) == first


def test_old_answers_are_forgotten(start: Any, api_class: Any, clock: Any) -> None:
    service = start("--http", "off")
    backend = service.application.backend
    forget = expiry_of_requests(backend.store, backend.clock.now, ANSWER_SECONDS)
    api = api_class(service.channel)
    api("CreateCalendar", calendar_id="c", calendar={}, request_id=ID)

    def has_answer() -> bool:
        with backend.store.read() as reader:
            return reader.request(ID) is not None

    clock.time += DAY
    forget()
    assert has_answer(), "it may have been asked for until now"
    clock.time += 1
    forget()
    assert not has_answer()


def test_id_in_capitals_is_the_same_id(api: Any) -> None:
    sent = {"parent": "calendars/c", "summit_id": "s", "summit": {}}
    first = api("CreateSummit", **sent, request_id=ID.lower())
    assert api("CreateSummit", **sent, request_id=ID.upper()) == first
