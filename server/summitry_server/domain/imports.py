"""The result of an import: counts, and the errors and warnings of single records."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from summitry.ical.reading.versions import LABELS, older_by
from summitry.kinds import Record
from summitry.v1.agenda_service_pb2 import ConflictKind
from summitry.v1.error_reason_pb2 import ErrorReason
from summitry.v1.transfer_service_pb2 import ImportRecordsResponse, ImportResult, ImportWarning
from summitry.zones import TzDb
from summitry_server.domain.conflicts.plausibility import PLAUSIBILITY_RULES
from summitry_server.domain.records.visibility import keep_restrictions
from summitry_server.domain.source_merge import KeptEdit, keep_digest
from summitry_server.wire.refusals import ALONE, RefusedError

# The most errors, and the most warnings, that an answer lists: it must not grow with the stream.
MAX_RESULTS = 1000


WARNINGS: Mapping[ConflictKind, ImportWarning] = {
    ConflictKind.CONFLICT_KIND_CLAIMS_DISAGREE: ImportWarning.IMPORT_WARNING_CLAIMS_DISAGREE,
    ConflictKind.CONFLICT_KIND_IMPOSSIBLE_SOURCE_DATE: (
        ImportWarning.IMPORT_WARNING_IMPOSSIBLE_SOURCE_DATE
    ),
    ConflictKind.CONFLICT_KIND_PLACE_NOT_IN_COUNTRY: (
        ImportWarning.IMPORT_WARNING_PLACE_NOT_IN_COUNTRY
    ),
    ConflictKind.CONFLICT_KIND_POSITION_ELSEWHERE: (
        ImportWarning.IMPORT_WARNING_POSITION_ELSEWHERE
    ),
    ConflictKind.CONFLICT_KIND_END_BEFORE_START: ImportWarning.IMPORT_WARNING_END_BEFORE_START,
}
"""The warnings of an import by the conflicts that a record has by itself."""


class RecordWarning(NamedTuple):
    """A warning about a record that was imported."""

    kind: ImportWarning
    message: str


class Imported(NamedTuple):
    """A record as an import would store it."""

    record: Record
    is_changed: bool
    warnings: Sequence[RecordWarning] = ()  # of values that were not taken


class ImportOutcome(NamedTuple):
    """The outcome for one record: "created", "updated", "unchanged" or "failed"."""

    word: str
    error: RefusedError | None = None


def implausible(record: Record, db: TzDb) -> list[RecordWarning]:
    """Return warnings of the implausible facts in a record."""
    return [
        RecordWarning(WARNINGS[conflict.kind], conflict.message)
        for rule in PLAUSIBILITY_RULES.values()
        for conflict in rule(record, {}, db)
    ]


def edit_warning(edit: KeptEdit) -> RecordWarning:
    """Return the warning that an edit was kept against its source."""
    return RecordWarning(
        ImportWarning.IMPORT_WARNING_EDIT_KEPT,
        f"{edit.path} was edited here and changed by the source, which says {edit.source}: "
        "the edit is preserved; update the record to take the value of the source",
    )


def keep_visibility(record: Record, old: Record, now: int) -> list[RecordWarning]:
    """Undo, in place, what makes a record more visible by an import; return a warning of each."""
    warnings = []
    for field in keep_restrictions(record, old, now):
        keep_digest(record, old, field)
        message = (
            f"{field} stays as it is stored: the import would make the record more visible; "
            "update the record, or import with allow_more_visible"
        )
        warnings.append(RecordWarning(ImportWarning.IMPORT_WARNING_VISIBILITY_KEPT, message))
    return warnings


def deleted_entry(name: str, field: str) -> RefusedError:
    """Return the refusal of an entry whose record was deleted here."""
    reason = ErrorReason.ERROR_REASON_RECORD_NOT_FOUND
    message = f"{name}: it is deleted; undelete it to import it, or leave it out"
    return RefusedError(reason, message, field, lead=ALONE, name=name)


def check_not_older(sent: Record, stored: Record, field: str) -> None:
    """Refuse a record that is older than the stored version by the stamps of its file.

    SEQUENCE decides, then LAST-MODIFIED, then DTSTAMP (RFC 5545 3.8.7). Raises RefusedError
    OLDER_VERSION. Records without such stamps, from other formats, pass.
    """
    if label := older_by(sent.labels, stored.labels):
        old, new = stored.labels[label], sent.labels[label]
        raise RefusedError(
            ErrorReason.ERROR_REASON_OLDER_VERSION,
            f"{sent.name} has {LABELS[label]} {new}, and {old} is stored: import a newer file",
            f"{field}.labels",
            lead=ALONE,
            stored=old,
            sent=new,
        )


class Tally:
    """A count of the outcomes of an import, with the first errors and warnings."""

    def __init__(self) -> None:
        self.response = ImportRecordsResponse()
        self._refusals: Counter[ErrorReason] = Counter()
        self._warnings: Counter[ImportWarning] = Counter()
        self._results_listed = {True: 0, False: 0}

    def count(
        self, index: int, name: str, outcome: ImportOutcome, warnings: Sequence[RecordWarning] = ()
    ) -> None:
        """Count one record, by its index in the stream and its name."""
        response, error = self.response, outcome.error
        setattr(response, outcome.word, getattr(response, outcome.word) + 1)
        response.received += 1
        kinds = list(dict.fromkeys(warning.kind for warning in warnings))
        self._warnings.update(kinds)
        if error is not None:
            self._refusals[error.reason] += 1
            result = ImportResult(reason=error.reason, field_path=error.path, message=error.message)
        elif warnings:
            result = ImportResult(message=warnings[0].message, warnings=kinds)
        else:
            return
        self._list_result(index, name, result)

    def count_gone(self, name: str, warnings: Sequence[RecordWarning]) -> None:
        """Count a stored record that is gone from its event. It is at no place of the stream."""
        self.response.gone_count += 1
        kinds = list(dict.fromkeys(warning.kind for warning in warnings))
        self._warnings.update(kinds)
        result = ImportResult(message=warnings[0].message, warnings=kinds)
        self._list_result(-1, name, result)

    def result(self) -> bytes:
        """Return the serialized response without its header, results in the order of the stream."""
        response = self.response
        response.results.sort(key=lambda result: result.index)
        for reason, count in sorted(self._refusals.items()):
            response.refusals.add(reason=reason, count=count)
        for warning, count in sorted(self._warnings.items()):
            response.warnings.add(warning=warning, count=count)
        return response.SerializeToString()

    def _list_result(self, index: int, name: str, result: ImportResult) -> None:
        failed = bool(result.reason)
        if self._results_listed[failed] < MAX_RESULTS:
            self._results_listed[failed] += 1
            result.index, result.name = index, name
            self.response.results.append(result)
