"""Requests that write, as values: each with a request_id, so that it can be sent again."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any, NamedTuple

from summitry._calls.call import Call
from summitry._calls.methods import BY_KIND, WRITES, Method
from summitry._calls.texts import as_texts
from summitry.kinds import CALENDAR, EVENTFUL, Kind
from summitry.names import R, invalid_argument, kind_of, parse_name
from summitry.v1.record_pb2 import StatusChange
from summitry.v1.write_service_pb2 import Precondition, Write

VERBS = ("confirm", "postpone", "reschedule", "move", "cancel", "reinstate")
"""What is done to an event in its life; an update may not do it."""


class Why(NamedTuple):
    """What goes with any write: why it is done, and by which id it is known when sent again."""

    reason: str = ""
    request_id: str = ""


SAID_NOTHING = Why()


def create(record: R, parent: str = "", id: str = "", why: Why = SAID_NOTHING) -> Call[R]:
    """Create a record; parent and id are taken from its name where they are not given."""
    kind = kind_of(record)
    if record.name:
        own = parse_name(record.name)
        parent, id = parent or own.calendar, id or own.id
    fields: dict[str, Any] = {kind.singular: record, f"{kind.singular}_id": id}
    if kind is not CALENDAR:
        fields["parent"] = parent
    return _call(kind, "Create", why, **fields)


def update(
    record: R,
    paths: str | Iterable[str] | None = None,
    allow_missing: bool = False,
    why: Why = SAID_NOTHING,
) -> Call[R]:
    """Update a record by its name; no paths: all fields that are set."""
    kind = kind_of(record)
    fields: dict[str, Any] = {kind.singular: record, "allow_missing": allow_missing}
    call: Call[R] = _call(kind, "Update", why, **fields)
    call.request.update_mask.paths.extend(as_texts(paths or ()))
    return call


def delete(name: str, etag: str = "", why: Why = SAID_NOTHING) -> Call[Any]:
    """Delete a record."""
    return _call(parse_name(name).kind, "Delete", why, name=name, etag=etag)


def undelete(name: str, etag: str = "", why: Why = SAID_NOTHING) -> Call[Any]:
    """Take a deletion back."""
    return _call(parse_name(name).kind, "Undelete", why, name=name, etag=etag)


def act(
    verb: str,
    name: str,
    change: StatusChange | None = None,
    etag: str = "",
    request_id: str = "",
    **facts: Any,
) -> Call[Any]:
    """A verb in the life of an event, one of `VERBS`; `facts` are what its request holds beside.

    Raises InvalidArgumentError for another verb, a fact that the verb does not take, and for
    calendars and feeds, which have no such life.
    """
    kind = parse_name(name).kind
    if kind not in EVENTFUL or verb not in VERBS:
        text = f"{verb!r} of {name}: what happens has the verbs {', '.join(VERBS)}"
        raise invalid_argument("INVALID_VALUE", "verb", verb, text)
    method = BY_KIND[kind][verb.capitalize()]
    given = {field: value for field, value in facts.items() if value}
    if strange := given.keys() - method.request.DESCRIPTOR.fields_by_name.keys():
        text = f"{verb} takes no {', '.join(sorted(strange))}"
        raise invalid_argument("INVALID_VALUE", min(strange), verb, text)
    return once(
        method, kind.singular, request_id=request_id, name=name, etag=etag, change=change, **given
    )


def batch_write(
    writes: Iterable[Write],
    preconditions: Iterable[Precondition] = (),
    validate_only: bool = False,
    why: Why = SAID_NOTHING,
) -> Call[Any]:
    """Several writes as one act."""
    fields: dict[str, Any] = {
        "writes": writes,
        "preconditions": preconditions,
        "validate_only": validate_only,
    }
    return once(WRITES["BatchWrite"], "records", **fields, **why._asdict())


def once(method: Method, answer: str, request_id: str = "", **fields: Any) -> Call[Any]:
    """A call with a request_id, made here where none is given (AIP-155)."""
    request = method.request(request_id=request_id or str(uuid.uuid4()), **fields)
    return Call(method, request, answer)


def _call(kind: Kind, verb: str, why: Why, **fields: Any) -> Call[Any]:
    return once(BY_KIND[kind][verb], kind.singular, **fields, **why._asdict())
