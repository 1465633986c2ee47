"""ImportRecords: batches, merges and refusals of single records."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from summitry import Client
from summitry.kinds import Record
from summitry.v1.agenda_service_pb2 import ConflictKind
from summitry.v1.any_record_pb2 import AnyRecord
from summitry.v1.error_reason_pb2 import ErrorReason
from summitry.v1.event_status_pb2 import EventStatus
from summitry.v1.transfer_service_pb2 import (
    ImportOptions,
    ImportRecordsRequest,
    ImportRecordsResponse,
    ImportWarning,
    RecordBatch,
)
from summitry_server.domain.conflicts.plausibility import PLAUSIBILITY_RULES
from summitry_server.domain.imports import (
    MAX_RESULTS,
    WARNINGS,
    ImportOutcome,
    RecordWarning,
    Tally,
)
from summitry_server.services import imports as importing
from summitry_server.services.operations import RecordOperations
from tests.import_reports import refusals_of, warning_name, warnings_of

COUNTS = ("created", "updated", "unchanged", "failed")


def counts(answer: ImportRecordsResponse) -> tuple[int, ...]:
    return tuple(getattr(answer, name) for name in COUNTS)


def head(client: Client) -> int:
    next(client.list("calendars"), None)
    return int(client.header.revision)


def result_lines(answer: ImportRecordsResponse) -> list[tuple[int, str, str]]:
    """Return index, reason and field of each result."""
    return [
        (r.index, ErrorReason.Name(r.reason).removeprefix("ERROR_REASON_"), r.field_path)
        for r in answer.results
    ]


def test_new_changed_and_equal_records_are_counted(client: Client, record: Any) -> None:
    first = [record(), record("summits/a", edition=1), record("summits/b", edition=1)]
    assert counts(client.import_records(first)) == (3, 0, 0, 0)
    second = [record(), record("summits/a", edition=2), record("summits/b", edition=1)]
    answer = client.import_records(second)
    assert (counts(answer), answer.received) == ((0, 1, 2, 0), 3)
    assert client.get("calendars/c/summits/a").edition == 2  # type: ignore[union-attr]


def test_each_batch_is_one_revision_and_an_unchanged_batch_none(
    client: Client, record: Any
) -> None:
    records = [record(), *(record(f"summits/s{number}") for number in range(450))]
    answer = client.import_records(records)
    assert (answer.created, answer.header.revision, head(client)) == (451, 3, 3)
    again = client.import_records(records)
    assert (counts(again), again.header.revision) == ((0, 0, 451, 0), 3)


def test_the_order_within_a_batch_does_not_matter(client: Client, record: Any) -> None:
    summit = "calendars/c/summits/s"
    answer = client.import_records(
        [
            record("delegations/d", engagements=[{"event": "calendars/c/meetings/m"}]),
            record("meetings/m", parent_event=summit),
            record("visits/v", summit=summit),
            record("summits/s"),
            record(),
        ]
    )
    assert counts(answer) == (5, 0, 0, 0)


def test_records_of_earlier_batches_are_admitted_as_parents(client: Client, record: Any) -> None:
    many = [record(f"summits/s{number}") for number in range(300)]
    last = record("meetings/m", parent_event="calendars/c/summits/s0")
    assert counts(client.import_records([record(), *many, last])) == (302, 0, 0, 0)


def test_last_record_of_a_name_holds(client: Client, record: Any) -> None:
    versions = [record("summits/s", edition=number) for number in (1, 2, 2, 3)]
    assert counts(client.import_records([record(), *versions])) == (2, 2, 1, 0)
    assert client.get("calendars/c/summits/s").edition == 3  # type: ignore[union-attr]


def test_merge_keeps_fields_that_are_not_set(client: Client, record: Any) -> None:
    client.import_records([record(), record("summits/s", edition=1, series="sco")])
    client.import_records([record("summits/s", edition=2)], merge=True)
    stored = client.get("calendars/c/summits/s")
    assert (stored.edition, stored.series) == (2, "sco")  # type: ignore[union-attr]
    client.import_records([record("summits/s", edition=3)])
    assert not client.get("calendars/c/summits/s").series  # type: ignore[union-attr]


def test_a_source_may_say_any_status_and_the_change_is_kept(client: Client, record: Any) -> None:
    """An update may not call off or take back what verbs do."""
    for status in ("CONFIRMED", "CANCELLED", "CONFIRMED"):
        sent = [record(), record("summits/s", status=f"EVENT_STATUS_{status}")]
        assert client.import_records(sent).failed == 0
    changes = client.get("calendars/c/summits/s").status_changes
    assert [EventStatus.Name(change.to_status)[13:] for change in changes] == [
        "CANCELLED",
        "CONFIRMED",
    ]


def test_history_has_the_reason_of_an_import(client: Client, record: Any) -> None:
    client.import_records([record(), record("summits/s")], reason="the registers of 2024")
    (creation,) = client.history("calendars/c/summits/s")
    assert (creation.entry.reason, creation.entry.method) == (
        "the registers of 2024",
        "ImportRecords",
    )


def test_output_only_fields_are_ignored(client: Client, record: Any) -> None:
    client.import_records([record(), record("summits/s", etag='"x"', revision=77, sequence=9)])
    stored = client.get("calendars/c/summits/s")
    assert (stored.revision, stored.sequence) == (1, 0)
    assert client.import_records([record(), stored]).unchanged == 2


NIGHT = {"timed": {"start": {"civil_time": "2024-03-31T02:30", "time_zone": "Europe/Paris"}}}
REFUSED: dict[str, tuple[str, dict[str, Any], str, str]] = {
    "no such calendar": ("", {"name": "calendars/x/summits/s"}, "PARENT_NOT_FOUND", "summit.name"),
    "no name": ("", {"name": ""}, "INVALID_NAME", "summit.name"),
    "the name of another kind": ("", {"name": "calendars/c/visits/v"}, "INVALID_NAME", "summit.name"),
    "a date that is none": (
        "",
        {"time": {"dates": {"first_date": "2024-02-30"}}},
        "INVALID_DATE",
        "summit.time.dates.first_date",
    ),
    "an hour that is skipped": ("", {"time": NIGHT}, "LOCAL_TIME_IN_GAP", "summit.time.timed.start"),
    "a long text": (
        "",
        {"titles": [{"text": "x" * 1025}]},
        "TEXT_TOO_LONG",
        "summit.titles[0].text",
    ),
    "a control character": ("", {"status_text": "a\x07"}, "FORBIDDEN_CHARACTER", "summit.status_text"),
    "too many": ("", {"titles": [{"text": "x"}] * 17}, "TOO_MANY_VALUES", "summit.titles"),
    "a uid that is taken": ("", {"ical_uid": "taken"}, "UID_EXISTS", "summit.ical_uid"),
    "another uid": ("old", {"ical_uid": "new"}, "IMMUTABLE_FIELD", "summit.ical_uid"),
    "a deleted name": ("gone", {"edition": 1}, "RECORD_NOT_FOUND", "summit.name"),
    "a purged name": ("purged", {}, "RECORD_NOT_FOUND", "summit.name"),
    "a deleted entry": (
        "",
        {"delete_time": "2024-07-03T00:00:00Z"},
        "INVALID_IMPORT",
        "summit.delete_time",
    ),
    "too large": (
        "",
        {"claims": [{"source_id": "s", "text": "x" * 4000}] * 80},
        "MESSAGE_TOO_LARGE",
        "summit.claims[0].text",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
@pytest.mark.parametrize("dry", [False, True], ids=["for good", "dry run"])
def test_refusal_is_reported_and_stops_no_other_record(
    client: Client, record: Any, case: str, dry: bool
) -> None:
    id_, fields, reason, field = REFUSED[case]
    earlier = [record(f"summits/{name}") for name in ("old", "gone", "purged")]
    client.import_records([record(), record("summits/other", ical_uid="taken"), *earlier])
    for name in ("gone", "purged"):
        client.delete(f"calendars/c/summits/{name}")
    client.purge("calendars/c/summits/purged")
    before = head(client)
    bad = record(f"summits/{id_ or 's'}", **fields)
    answer = client.import_records(
        [record("summits/n1"), bad, record("summits/n2")], validate_only=dry
    )
    assert (counts(answer), result_lines(answer)) == ((2, 0, 0, 1), [(1, reason, field)])
    assert refusals_of(answer) == {reason: 1}
    assert (answer.results[0].name, bool(answer.results[0].message)) == (bad.name, True)
    assert (head(client) == before) == dry


def test_an_entry_of_no_kind_is_refused_alone(
    service: Any, client: Client, record: Any, stream: Any
) -> None:
    batch = RecordBatch(records=[AnyRecord(), AnyRecord(calendar=record())])
    answer = stream(service.channel, [start(), ImportRecordsRequest(batch=batch)])
    assert (counts(answer), result_lines(answer)) == (
        (1, 0, 0, 1),
        [(0, "INVALID_IMPORT", "record")],
    )


def test_results_are_bounded_but_all_refusals_are_counted(client: Client, record: Any) -> None:
    bad = [record(f"notices/n{number}", titles=[{"text": "\a"}]) for number in range(1100)]
    answer = client.import_records([record(), *bad])
    assert (answer.failed, len(answer.results)) == (1100, 1000)
    assert refusals_of(answer) == {"FORBIDDEN_CHARACTER": 1100}
    assert [result.index for result in answer.results] == list(range(1, 1001))


def test_results_with_warnings_are_bounded_apart_from_refusals() -> None:
    warning = RecordWarning(ImportWarning.IMPORT_WARNING_CLAIMS_DISAGREE, "two sources")
    tally = Tally()
    for number in range(MAX_RESULTS + 1):
        tally.count(number, f"n{number}", ImportOutcome("created"), [warning])
    answer = ImportRecordsResponse.FromString(tally.result())
    assert (answer.created, len(answer.results)) == (MAX_RESULTS + 1, MAX_RESULTS)


def test_results_are_in_the_order_of_the_stream() -> None:
    """A batch counts its refusals first, and only then what it has written."""
    warning = RecordWarning(ImportWarning.IMPORT_WARNING_CLAIMS_DISAGREE, "two sources")
    tally = Tally()
    for index in (3, 0, 2):
        tally.count(index, f"n{index}", ImportOutcome("created"), [warning])
    answer = ImportRecordsResponse.FromString(tally.result())
    assert [(result.index, result.name) for result in answer.results] == [
        (0, "n0"),
        (2, "n2"),
        (3, "n3"),
    ]


def test_implausible_record_is_stored_and_counted_by_class(client: Client, record: Any) -> None:
    sources = [{"id": "a"}, {"id": "b"}]
    claims = [
        {"source_id": s, "field_path": "edition", "number": n} for s, n in (("a", 1), ("b", 2))
    ]
    places = [{"region_code": "DE", "localities": [{"text": "Astana"}]}]
    doubtful = [
        record("summits/both", sources=sources, claims=claims, places=places),
        record("summits/place", places=places),
        record("summits/none"),
    ]
    for _ in range(2):
        answer = client.import_records([record(), *doubtful])
        assert warnings_of(answer) == {"CLAIMS_DISAGREE": 1, "PLACE_NOT_IN_COUNTRY": 2}
        warnings = [(r.index, [warning_name(w) for w in r.warnings]) for r in answer.results]
        assert warnings == [
            (1, ["CLAIMS_DISAGREE", "PLACE_NOT_IN_COUNTRY"]),
            (2, ["PLACE_NOT_IN_COUNTRY"]),
        ]


def start(**options: bool) -> ImportRecordsRequest:
    return ImportRecordsRequest(options=ImportOptions(**options))


def batch(*records: Record) -> ImportRecordsRequest:
    parts = [
        AnyRecord(**{type(record).DESCRIPTOR.name.lower(): record})  # type: ignore[arg-type]
        for record in records
    ]
    return ImportRecordsRequest(batch=RecordBatch(records=parts))


BROKEN: dict[str, tuple[list[Any], str, str]] = {
    "nothing": ([], "INVALID_IMPORT", "options"),
    "no options": ([ImportRecordsRequest(batch=RecordBatch())], "INVALID_IMPORT", "options"),
    "an empty message": ([start(), ImportRecordsRequest()], "INVALID_IMPORT", "batch"),
    "options twice": ([start(), start()], "INVALID_IMPORT", "batch"),
    "an empty batch": (
        [start(), ImportRecordsRequest(batch=RecordBatch())],
        "INVALID_IMPORT",
        "batch.records",
    ),
    "no message": ([start(), b"\xff"], "MALFORMED_REQUEST", ""),
    "a large message": ([start(), bytes(1024 * 1024 + 1)], "MESSAGE_TOO_LARGE", ""),
    "many records": (
        [start(), ImportRecordsRequest(batch=RecordBatch(records=[AnyRecord()] * 201))],
        "TOO_MANY_VALUES",
        "batch.records",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_malformed_stream_is_refused(service: Any, stream: Any, refused: Any, case: str) -> None:
    messages, reason, field = BROKEN[case]
    error = refused(lambda: stream(service.channel, messages))
    assert (error.reason, error.field) == (reason, field)


def test_batches_before_a_broken_stream_stay(
    service: Any, client: Client, record: Any, stream: Any, refused: Any
) -> None:
    messages = [start(), batch(record(), record("summits/s")), b"\xff", batch(record("summits/t"))]
    assert refused(lambda: stream(service.channel, messages)).reason == "MALFORMED_REQUEST"
    assert [summit.name for summit in client.list("summits")] == ["calendars/c/summits/s"]


def test_error_of_the_source_is_raised_after_the_records_before_it(
    client: Client, record: Any
) -> None:
    def records() -> Iterator[Record]:
        yield record()
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        client.import_records(records())
    assert client.get("calendars/c").name == "calendars/c"


def test_record_that_changed_meanwhile_is_merged_again(
    client: Client, record: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.import_records([record(), record("summits/s", edition=1, series="a")])
    write = importing.Import._write

    def late(*arguments: Any) -> Any:
        client.update(record("summits/s", series="b"), ["series"])
        return write(*arguments)

    monkeypatch.setattr(importing.Import, "_write", late)
    answer = client.import_records([record("summits/s", edition=2)], merge=True)
    stored = client.get("calendars/c/summits/s")
    assert answer.updated == 1
    assert (stored.edition, stored.series) == (2, "b")  # type: ignore[union-attr]


def test_internal_error_of_a_record_stops_no_other_record(
    client: Client, record: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    imported = RecordOperations.imported

    def fails(
        operations: RecordOperations, row: Any, sent: Record, now: int, **options: bool
    ) -> Any:
        if sent.name.endswith("/bad"):
            raise ZeroDivisionError("secret")
        return imported(operations, row, sent, now, **options)

    monkeypatch.setattr(RecordOperations, "imported", fails)
    answer = client.import_records([record(), record("summits/bad"), record("summits/good")])
    assert (counts(answer), result_lines(answer)) == ((2, 0, 0, 1), [(1, "INTERNAL", "")])
    assert "secret" not in answer.results[0].message
    assert "calendars/c/summits/bad" in caplog.text


def test_each_rule_about_one_record_has_a_warning() -> None:
    assert set(WARNINGS) == set(PLAUSIBILITY_RULES)
    words = {ConflictKind.Name(k).removeprefix("CONFLICT_KIND_"): w for k, w in WARNINGS.items()}
    assert all(word == warning_name(warning) for word, warning in words.items())
