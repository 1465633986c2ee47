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


def list_revisions(name: str, page_size: int) -> PreparedCall[RecordRevision]:
    """Return the call for the first page of the versions of a record."""
    request = ListRevisionsRequest(name=name, page_size=page_size)
    return PreparedCall(CHANGES["ListRevisions"], request, "revisions")


def get_revision(name: str, when: When) -> PreparedCall[RecordRevision]:
    """Return the call for the version of a record at a revision or a time."""
    request = GetRevisionRequest(name=name)
    state = to_as_of(when)
    if state is not None and state.HasField("time"):
        request.time.CopyFrom(state.time)
    elif state is not None:
        request.revision = state.revision
    return PreparedCall(CHANGES["GetRevision"], request, "revision")


def diff(name: str, from_revision: int, to_revision: int) -> PreparedCall[DiffRevisionsResponse]:
    """Return the call that compares two versions of a record."""
    request = DiffRevisionsRequest(name=name, from_revision=from_revision, to_revision=to_revision)
    return PreparedCall(CHANGES["DiffRevisions"], request, "")


def list_changes(request: ListChangesRequest) -> PreparedCall[ListChangesResponse]:
    """Return the call for a page of changes."""
    return PreparedCall(CHANGES["ListChanges"], request, "")
