"""The report of an import as dictionaries, with the names of enum values without their prefix."""

from __future__ import annotations

from summitry.v1.error_reason_pb2 import ErrorReason
from summitry.v1.transfer_service_pb2 import ImportRecordsResponse, ImportWarning


def refusals_of(answer: ImportRecordsResponse) -> dict[str, int]:
    """Return how many records were refused, by reason."""
    return {reason_name(entry.reason): entry.count for entry in answer.refusals}


def warnings_of(answer: ImportRecordsResponse) -> dict[str, int]:
    """Return how many records have a warning, by warning."""
    return {warning_name(entry.warning): entry.count for entry in answer.warnings}


def reason_name(reason: ErrorReason) -> str:
    return ErrorReason.Name(reason).removeprefix("ERROR_REASON_")


def warning_name(warning: ImportWarning) -> str:
    return ImportWarning.Name(warning).removeprefix("IMPORT_WARNING_")
