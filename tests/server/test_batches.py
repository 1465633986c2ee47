"""Several writes as one act: all or none, in one revision, by the rules of the single rpcs."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest

from summitry.kinds import KINDS
from summitry.statuses import verb_word

CALENDAR = "calendars/c"


def name(id: str, collection: str = "summits") -> str:
    return f"{CALENDAR}/{collection}/{id}"


def create(id: str, collection: str = "summits", **fields: Any) -> dict[str, Any]:
    return {"create": {collection[:-1]: {"name": name(id, collection), **fields}}}


def update(id: str, mask: str = "", allow_missing: bool = False, **fields: Any) -> dict[str, Any]:
    record = {"summit": {"name": name(id), **fields}}
    return {"update": {"record": record, "update_mask": mask, "allow_missing": allow_missing}}


def on(operation: str, id: str, **fields: Any) -> dict[str, Any]:
    return {operation: {"name": name(id), **fields}}


def test_kinds_are_mixed_and_later_writes_see_earlier_ones(api: Any, make: Any) -> None:
    before = api.revision()
    answer = api(
        "BatchWrite",
        reason="the programme of 3 July",
        writes=[
            {"create": {"calendar": {"name": "calendars/d"}}},
            {"create": {"summit": {"name": "calendars/d/summits/s", "time": make.dates("2024-07-03")}}},
            {"create": {"meeting": {"name": "calendars/d/meetings/m", "parent_event": "calendars/d/summits/s"}}},
            {"update": {"record": {"summit": {"name": "calendars/d/summits/s", "series": "x"}}}},
            {"create": {"notice": {"name": "calendars/d/notices/gone"}}},
            {"delete": {"name": "calendars/d/notices/gone"}},
        ],
    )  # fmt: skip
    assert answer.header.revision == before + 1 == api.revision()
    kinds = [record.WhichOneof("record") for record in answer.records]
    assert kinds == ["calendar", "summit", "meeting", "summit", "notice", "notice"]
    stored = api("GetSummit", name="calendars/d/summits/s").summit
    assert stored == answer.records[3].summit
    assert stored.series == "x" and stored.time.dates.first_date == "2024-07-03"
    assert api("GetNotice", name="calendars/d/notices/gone").notice.HasField("delete_time")
    changes = api("ListChanges", view={"parent": "calendars/d"}, log_start={}).changes
    assert [change.position for change in changes] == list(range(6))
    assert {(change.revision, change.entry.reason) for change in changes} == {
        (before + 1, "the programme of 3 July")
    }
    assert [change.last for change in changes] == [False] * 5 + [True]


def test_failed_write_undoes_the_batch(api: Any) -> None:
    before = api.revision()
    refusal = api.refusal(
        "BatchWrite",
        writes=[create("a"), create("b"), update("a", series="x"), on("delete", "missing")],
    )
    assert (refusal.code, refusal.reason) == ("NOT_FOUND", "RECORD_NOT_FOUND")
    assert refusal.field == "writes[3].delete.name"
    assert api.revision() == before
    assert api.refusal("GetSummit", name=name("a")).reason == "RECORD_NOT_FOUND"


GAP = {"timed": {"start": {"civil_time": "2024-03-31T02:30", "time_zone": "Europe/Paris"}}}
AT_FAULT = {
    "nothing to do": ([], "REQUIRED_FIELD_MISSING", "writes"),
    "no act": ([{}], "REQUIRED_FIELD_MISSING", "writes[0].act"),
    "no record": ([{"create": {}}], "REQUIRED_FIELD_MISSING", "writes[0].create.record"),
    "time in a gap": ([create("a"), create("b", time=GAP)], "LOCAL_TIME_IN_GAP",
                      "writes[1].create.summit.time.timed.start"),
    "name of another kind": ([{"create": {"visit": {"name": name("v")}}}], "INVALID_NAME",
                             "writes[0].create.visit.name"),
    "no name": ([{"create": {"visit": {}}}], "INVALID_NAME", "writes[0].create.visit.name"),
    "no calendar": ([{"create": {"summit": {"name": "calendars/no/summits/s"}}}],
                    "PARENT_NOT_FOUND", "writes[0].create.summit.name"),
    "name twice": ([create("a"), create("a")], "RECORD_EXISTS", "writes[1].create.summit.name"),
    "uid twice": ([create("a", ical_uid="u"), create("b", ical_uid="u")], "UID_EXISTS",
                  "writes[1].create.summit.ical_uid"),
    "no such event": ([create("m", "meetings", parent_event=name("no"))], "PARENT_NOT_FOUND",
                      "writes[0].create.meeting.parent_event"),
    "update of nothing": ([update("no")], "RECORD_NOT_FOUND", "writes[0].update.record.summit.name"),
    "stale etag": ([create("a"), update("a", etag='"old"')], "ETAG_MISMATCH",
                   "writes[1].update.record.summit.etag"),
    "unknown path": ([create("a"), update("a", mask="tittles")], "UNKNOWN_FIELD_PATH",
                     "writes[1].update.update_mask"),
    "status of a verb": ([create("a"), update("a", status="EVENT_STATUS_CANCELLED")],
                         "IMMUTABLE_FIELD", "writes[1].update.record.summit.status"),
    "undelete of the living": ([create("a"), on("undelete", "a")], "RECORD_NOT_DELETED",
                               "writes[1].undelete.name"),
    "purge of the living": ([create("a"), on("purge", "a")], "RECORD_LIVE",
                            "writes[1].purge.name"),
    "restore of nothing": ([on("restore", "no", snapshot="FIRST")], "RECORD_NOT_FOUND",
                           "writes[0].restore.name"),
    "restore from before": ([create("a"), on("restore", "a", snapshot="FIRST")], "REVISION_NOT_FOUND",
                            "writes[1].restore.snapshot"),
    "restore of no snapshot": ([create("a"), on("restore", "a")], "REQUIRED_FIELD_MISSING",
                               "writes[1].restore.snapshot"),
    "restore of a forged snapshot": ([create("a"), on("restore", "a", snapshot="AQ")],
                                     "INVALID_SNAPSHOT", "writes[1].restore.snapshot"),
    "no verb": ([create("a"), on("verb", "a")], "REQUIRED_FIELD_MISSING", "writes[1].verb.verb"),
    "a verb of history": ([create("a"), on("verb", "a", verb="EVENT_VERB_SUSPEND")],
                          "INVALID_VALUE", "writes[1].verb.verb"),
    "a verb that does not fit": ([create("a"), on("verb", "a", verb="EVENT_VERB_REINSTATE")],
                                 "INVALID_TRANSITION", "writes[1].verb.name"),
    "a time of another verb": ([create("a"), on("verb", "a", verb="EVENT_VERB_CANCEL", time=GAP)],
                               "INVALID_VALUE", "writes[1].verb.time"),
    "a new time in a gap": ([create("a"), on("verb", "a", verb="EVENT_VERB_RESCHEDULE", time=GAP)],
                            "LOCAL_TIME_IN_GAP", "writes[1].verb.time.timed.start"),
    "a verb without its time": ([create("a"), on("verb", "a", verb="EVENT_VERB_RESCHEDULE")],
                                "REQUIRED_FIELD_MISSING", "writes[1].verb.time"),
    "a verb of a delegation": ([create("d", "delegations"), {"verb": {"name": name("d", "delegations"),
                               "verb": "EVENT_VERB_CANCEL"}}], "INVALID_VALUE", "writes[1].verb.name"),
    "a verb of a calendar": ([{"verb": {"name": CALENDAR, "verb": "EVENT_VERB_CANCEL"}}], "INVALID_VALUE",
                             "writes[0].verb.name"),
    "no name of a record": ([{"delete": {"name": "summits/s"}}], "INVALID_NAME",
                            "writes[0].delete.name"),
    "a calendar with records": ([create("a"), {"delete": {"name": CALENDAR}}],
                                "CALENDAR_NOT_EMPTY", "writes[1].delete.name"),
}  # fmt: skip


@pytest.mark.parametrize("case", AT_FAULT)
def test_errors_name_the_write_at_fault(api: Any, case: str) -> None:
    writes, reason, field = AT_FAULT[case]
    before, first = api.revision(), api.snapshot(1)
    writes = json.loads(json.dumps(writes).replace('"FIRST"', json.dumps(first)))
    refusal = api.refusal("BatchWrite", writes=writes)
    assert (refusal.reason, refusal.field) == (reason, field)
    assert refusal.message.startswith(f"{field}")
    assert api.revision() == before


PRECONDITIONS = {
    "absent": ({"name": name("b"), "absent": True}, ""),
    "deleted is absent": ({"name": name("gone"), "absent": True}, ""),
    "not absent": ({"name": name("a"), "absent": True}, "RECORD_EXISTS"),
    "there": ({"name": name("a"), "absent": False}, ""),
    "not there": ({"name": name("b"), "absent": False}, "RECORD_NOT_FOUND"),
    "deleted is not there": ({"name": name("gone"), "absent": False}, "RECORD_NOT_FOUND"),
    "another etag": ({"name": name("a"), "etag": '"x"'}, "ETAG_MISMATCH"),
    "etag of nothing": ({"name": name("b"), "etag": '"x"'}, "RECORD_NOT_FOUND"),
    "no condition": ({"name": name("a")}, "REQUIRED_FIELD_MISSING"),
    "no name": ({"absent": True}, "INVALID_NAME"),
}


@pytest.mark.parametrize("case", PRECONDITIONS)
def test_preconditions_hold_before_the_first_write(api: Any, case: str) -> None:
    api.create("summits", "a")
    api.create("summits", "gone")
    api("DeleteSummit", name=name("gone"))
    condition, reason = PRECONDITIONS[case]
    request = {"preconditions": [condition], "writes": [create("b"), on("delete", "a")]}
    if not reason:
        api("BatchWrite", **request)
        assert api("GetSummit", name=name("b")).summit.name == name("b")
        return
    refusal = api.refusal("BatchWrite", **request)
    assert refusal.reason == reason
    assert refusal.field.startswith("preconditions[0].")
    assert api.refusal("GetSummit", name=name("b")).reason == "RECORD_NOT_FOUND"


def test_an_etag_guards_a_record_that_is_not_written(api: Any) -> None:
    created = api.create("summits", "a")
    guard = {"preconditions": [{"name": created.name, "etag": created.etag}]}
    api("BatchWrite", writes=[create("b")], **guard)
    api("UpdateSummit", summit={"name": created.name, "series": "x"})
    refusal = api.refusal("BatchWrite", writes=[create("d")], **guard)
    assert (refusal.code, refusal.field) == ("ABORTED", "preconditions[0].etag")


def test_validate_only_answers_and_keeps_nothing(api: Any) -> None:
    before = api.revision()
    writes = [create("a", series="x"), update("a", series="y"), on("delete", "a")]
    sent = {"writes": writes, "request_id": str(uuid.uuid4())}
    tried = api("BatchWrite", validate_only=True, **sent)
    assert [record.summit.series for record in tried.records] == ["x", "y", "y"]
    assert api.revision() == before
    assert api.refusal("GetSummit", name=name("a")).reason == "RECORD_NOT_FOUND"
    refused = api.refusal("BatchWrite", writes=[*writes, create("a")], validate_only=True)
    assert refused.field == "writes[3].create.summit.name"
    done = api("BatchWrite", **sent)
    assert done.header.revision == before + 1, "a rehearsal does not use its id up"


def test_a_batch_that_changes_nothing_takes_no_revision(api: Any) -> None:
    api.create("summits", "a", series="x")
    before = api.revision()
    answer = api("BatchWrite", writes=[update("a", series="x")])
    assert answer.header.revision == before == api.revision()
    assert answer.records[0].summit.series == "x"


def test_batch_admits_verbs(api: Any, make: Any) -> None:
    """Write one batch: the summit is postponed, its visit cancelled, and a notice says why."""
    api.create("summits", "s", time=make.dates("2024-07-03"))
    api.create("visits", "v", time=make.dates("2024-07-02"))
    answer = api(
        "BatchWrite",
        writes=[
            on("verb", "s", verb="EVENT_VERB_POSTPONE", note={"reason": "heat", "action_date": "2024-06-30"}),
            {"verb": {"name": name("v", "visits"), "verb": "EVENT_VERB_CANCEL", "status": "EVENT_STATUS_NOT_HELD"}},
            create("n", "notices", parent_event=name("s")),
            on("verb", "s", verb="EVENT_VERB_MOVE", places=[{"region_code": "KG"}], time=make.dates("2024-08-03")),
        ],
    )  # fmt: skip
    summit = api("GetSummit", name=name("s")).summit
    assert summit == answer.records[3].summit
    assert [verb_word(change.verb) for change in summit.status_changes] == ["postpone", "move"]
    assert summit.previous_times[0].reason == "heat" and summit.places[0].region_code == "KG"
    visit = api("GetVisit", name=name("v", "visits")).visit
    assert (visit.status, visit.sequence) == (11, 1)
    assert {summit.revision, visit.revision} == {answer.header.revision}


@pytest.mark.parametrize("kind", KINDS[1:], ids=lambda kind: str(kind.collection))
def test_every_kind_lives_its_life_in_one_batch(api: Any, kind: Any) -> None:
    target, noun = name("r", kind.collection), kind.singular
    writes = [
        {"create": {noun: {"name": target}}},
        {"update": {"record": {noun: {"name": target, "labels": {"k": "v"}}}}},
        {"delete": {"name": target}},
        {"undelete": {"name": target}},
        {"delete": {"name": target}},
        {"purge": {"name": target}},
    ]
    api("BatchWrite", writes=writes)
    message_name = kind.message.DESCRIPTOR.name
    assert api.refusal(f"Get{message_name}", name=target).reason == "RECORD_NOT_FOUND"


def test_batch_admits_a_thousand_writes(api: Any) -> None:
    text = [{"text": "x" * 1000, "language_code": "en"}]
    writes = [create(f"s{n}", summaries=text) for n in range(1000)]
    assert len(api("BatchWrite", writes=writes).records) == 1000, "of a megabyte together"
    refusal = api.refusal("BatchWrite", writes=[*writes, create("more")])
    assert (refusal.reason, refusal.field) == ("TOO_MANY_VALUES", "writes")


def test_a_batch_may_have_four_mebibytes(api: Any) -> None:
    text = [{"text": "x" * 5000, "language_code": "en"}]
    refusal = api.refusal(
        "BatchWrite", writes=[create(f"s{n}", summaries=text) for n in range(900)]
    )
    assert (refusal.code, refusal.reason) == ("RESOURCE_EXHAUSTED", "MESSAGE_TOO_LARGE")
    assert refusal.metadata["limit"] == str(4 * 1024 * 1024)


def test_each_record_has_the_limit_of_a_single_request(api: Any) -> None:
    big = [{"text": "x" * 16_000, "language_code": "en"}] * 16
    links = [{"url": "https://example.org/" + "x" * 2000}] * 40
    refusal = api.refusal("BatchWrite", writes=[create("a", summaries=big, links=links)])
    assert (refusal.reason, refusal.field) == ("MESSAGE_TOO_LARGE", "writes[0].create.summit")
