"""Requests of ChangeService: the versions of a record, and changes since a token."""

from __future__ import annotations

from summitry._calls.as_of import When, to_as_of
from summitry._calls.call import PreparedCall
from summitry._calls.methods import CHANGES
from summitry.v1.change_service_pb2 import (
    DiffRevisionsRequest,
    DiffRevisionsResponse,
    GetRevisionRequest,
    ListChangesRequest,
    ListChangesResponse,
    ListRevisionsRequest,
    RecordRevision,
)


def list_revisions(name: str, page_size: int, changed_paths: bool) -> PreparedCall[RecordRevision]:
    """Return the call for the first page of the versions of a record."""
    request = ListRevisionsRequest(
        name=name, page_size=page_size, include_changed_paths=changed_paths
    )
    return PreparedCall(CHANGES["ListRevisions"], request, "revisions")


def get_revision(name: str, when: When) -> PreparedCall[RecordRevision]:
    """Return the call for the version of a record as of a snapshot or a time."""
    request = GetRevisionRequest(name=name, as_of=to_as_of(when))
    return PreparedCall(CHANGES["GetRevision"], request, "revision")


def diff(name: str, from_snapshot: str, to_snapshot: str) -> PreparedCall[DiffRevisionsResponse]:
    """Return the call that compares two versions of a record."""
    request = DiffRevisionsRequest(name=name, from_snapshot=from_snapshot, to_snapshot=to_snapshot)
    return PreparedCall(CHANGES["DiffRevisions"], request, "")


def list_changes(request: ListChangesRequest) -> PreparedCall[ListChangesResponse]:
    """Return the call for a page of changes."""
    return PreparedCall(CHANGES["ListChanges"], request, "")
