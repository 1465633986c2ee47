"""Requests that write: each with a request_id, by which the server does it once (AIP-155)."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from summitry._calls.call import PreparedCall
from summitry._calls.methods import BY_KIND, WRITES, Method
from summitry._calls.texts import as_texts
from summitry.kinds import CALENDAR, WITH_VERBS, Kind
from summitry.names import R, invalid_argument, kind_of, parse_name
from summitry.v1.any_record_pb2 import AnyRecord
from summitry.v1.record_pb2 import VerbNote
from summitry.v1.write_service_pb2 import Precondition, Write, WrittenVersion

VERBS = ("confirm", "postpone", "reschedule", "move", "cancel", "reinstate")
"""The transitions of an event. An update cannot make them."""


class Purpose(NamedTuple):
    """The fields that any write may have."""

    reason: str = ""
    """Stands in the history."""
    request_id: str = ""
    """Tells the server that a write is the same when it is sent again."""
    validate_only: bool = False
    """Whether it is only checked and answered, and nothing stored."""


NO_PURPOSE = Purpose()


def create(
    record: R, parent: str = "", id: str = "", purpose: Purpose = NO_PURPOSE
) -> PreparedCall[R]:
    """Return the call that creates a record.

    Parent and id are those of its name where they are not given.
    """
    kind = kind_of(record)
    if record.name:
        name = parse_name(record.name)
        parent, id = parent or name.calendar, id or name.id
    fields: dict[str, Any] = {kind.singular: record, f"{kind.singular}_id": id}
    if kind is not CALENDAR:
        fields["parent"] = parent
    return _call(kind, "Create", purpose, **fields)


def update(
    record: R,
    paths: str | Iterable[str] | None = None,
    replace: bool = False,
    allow_missing: bool = False,
    purpose: Purpose = NO_PURPOSE,
) -> PreparedCall[R]:
    """Return the call that updates a record by its name; no paths: all fields that are set."""
    kind = kind_of(record)
    fields: dict[str, Any] = {
        kind.singular: record,
        "replace": replace,
        "allow_missing": allow_missing,
    }
    call: PreparedCall[R] = _call(kind, "Update", purpose, **fields)
    call.request.update_mask.paths.extend(as_texts(paths or ()))
    return call


def delete(name: str, etag: str = "", purpose: Purpose = NO_PURPOSE) -> PreparedCall[Any]:
    """Return the call that marks a record as deleted."""
    return _call(parse_name(name).kind, "Delete", purpose, name=name, etag=etag)


def undelete(name: str, etag: str = "", purpose: Purpose = NO_PURPOSE) -> PreparedCall[Any]:
    """Return the call that undeletes a record."""
    return _call(parse_name(name).kind, "Undelete", purpose, name=name, etag=etag)


def restore(
    name: str, snapshot: str, etag: str = "", purpose: Purpose = NO_PURPOSE
) -> PreparedCall[Any]:
    """Return the call that makes a record again what it was in a snapshot."""
    kind = parse_name(name).kind
    return _call(kind, "Restore", purpose, name=name, snapshot=snapshot, etag=etag)


def purge(name: str, etag: str = "", purpose: Purpose = NO_PURPOSE) -> PreparedCall[Any]:
    """Return the call that removes a deleted record permanently."""
    return _call(parse_name(name).kind, "Purge", purpose, name=name, etag=etag)


def transition(
    verb: str,
    name: str,
    note: VerbNote | None = None,
    etag: str = "",
    purpose: Purpose = NO_PURPOSE,
    **facts: Any,
) -> PreparedCall[Any]:
    """Return the call for a transition of an event; `facts` are the fields of that verb alone.

    `verb` is one of `VERBS`; its reason stands in the note. Raises InvalidArgumentError for any
    other, for a fact that the verb does not take, and for a record that is no summit, visit or
    meeting.
    """
    kind = parse_name(name).kind
    if kind not in WITH_VERBS:
        text = f"{name}: a {kind.singular} has no verbs; update its status, time and places"
        raise invalid_argument("INVALID_VALUE", "name", name, text)
    if verb not in VERBS:
        text = f"{verb!r} is none of the verbs {', '.join(VERBS)}"
        raise invalid_argument("INVALID_VALUE", "verb", verb, text)
    method = BY_KIND[kind][verb.capitalize()]
    values = {field: value for field, value in facts.items() if value}
    if unknown := values.keys() - method.request.DESCRIPTOR.fields_by_name.keys():
        text = f"{verb} takes no {', '.join(sorted(unknown))}"
        raise invalid_argument("INVALID_VALUE", min(unknown), verb, text)
    values.update(request_id=purpose.request_id, validate_only=purpose.validate_only)
    return repeatable(method, kind.singular, name=name, etag=etag, note=note, **values)


def batch_write(
    writes: Iterable[Write],
    preconditions: Iterable[Precondition] = (),
    purpose: Purpose = NO_PURPOSE,
) -> PreparedCall[Sequence[AnyRecord]]:
    """Return the call that does several writes in one revision."""
    fields: dict[str, Any] = {"writes": writes, "preconditions": preconditions}
    return repeatable(WRITES["BatchWrite"], "records", **fields, **purpose._asdict())


def batch_write_versions(
    writes: Iterable[Write],
    preconditions: Iterable[Precondition] = (),
    purpose: Purpose = NO_PURPOSE,
) -> PreparedCall[Sequence[WrittenVersion]]:
    """Return the call that does the same and answers with names and etags alone."""
    call: PreparedCall[Any] = batch_write(writes, preconditions, purpose)
    call.request.omit_records = True
    return call._replace(answer="versions")


def repeatable(
    method: Method, answer: str, request_id: str = "", **fields: Any
) -> PreparedCall[Any]:
    """Return a call that has a request_id, a new one where none is given."""
    request = method.request(request_id=request_id or str(uuid.uuid4()), **fields)
    return PreparedCall(method, request, answer)


def _call(kind: Kind, verb: str, purpose: Purpose, **fields: Any) -> PreparedCall[Any]:
    return repeatable(BY_KIND[kind][verb], kind.singular, **fields, **purpose._asdict())
