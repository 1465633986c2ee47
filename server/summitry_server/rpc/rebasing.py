"""Apply a change of time zone rules to the stored future, in one write."""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from typing import NamedTuple

from summitry.kinds import BY_NUMBER
from summitry.v1.time_zone_service_pb2 import ImpactKind
from summitry.zones import Zone
from summitry_server import wire
from summitry_server.core.audit import Scope, Total, audit, changed_zones, totals
from summitry_server.core.lawchange import rebased
from summitry_server.core.records import row_of
from summitry_server.rpc.context import Backend, Call, Caller
from summitry_server.store.contract import Reader, Writer

log = logging.getLogger(__name__)


class Done(NamedTuple):
    """The result of a rebase, or of its dry run."""

    changed: int  # records
    totals: Sequence[Total]
    revision: int


def scope_of(backend: Backend, zones: tuple[str, ...] = (), *, include_past: bool = False) -> Scope:
    """Return what to resolve by the server's database; `zones` empty: all whose rules changed."""
    return Scope(None, None, backend.db, zones, include_past, backend.clock.now())


def preview(backend: Backend, scope: Scope) -> Done:
    """Return the result that a rebase would have."""
    with backend.store.read() as reader:
        return Done(len(_touched(reader, scope)), totals(reader, scope), reader.revision)


def rebase(writer: Writer, backend: Backend, scope: Scope) -> Done:
    """Resolve anew what the rules move, within a write."""
    counted = totals(writer, scope)
    zones = changed_zones(writer, scope)
    touched = _touched(writer, scope)
    changed = sum(
        _rebase_record(writer, name, touched[name], backend, scope) for name in sorted(touched)
    )
    for zone in zones:
        _settle(writer, zone, scope)
    return Done(changed, counted, writer.next_revision if changed else writer.revision)


def _touched(reader: Reader, scope: Scope) -> dict[str, set[str]]:
    """Return the fields that a rebase settles, by the names of their records."""
    found: dict[str, set[str]] = {}
    for impact in audit(reader, scope):
        if impact.kind != ImpactKind.IMPACT_KIND_ORDER_BROKEN:  # left for a person
            found.setdefault(impact.read.name, set()).add(impact.read.reading.field)
    return found


def _rebase_record(
    writer: Writer, name: str, fields: Collection[str], backend: Backend, scope: Scope
) -> bool:
    row = writer.get(name)
    assert row is not None
    record = wire.unframe(BY_NUMBER[row.kind].message, row.frame)
    result = rebased(record, backend.db, scope.now, include_past=scope.include_past, touched=fields)
    if not result.changed:
        return False
    result.record.sequence += result.moved
    writer.put(row_of(result.record, writer.next_point, scope.now, backend.db), new=False)
    return True


def _settle(writer: Writer, zone: Zone, scope: Scope) -> None:
    """Let the other readings of a zone count as resolved by its rules: they come out the same.

    A zone in which a time could not be resolved in order stays open, so that it is listed again.
    """
    left = scope._replace(zones=(zone.key,), include_past=False)
    if not any(True for _ in audit(writer, left)):
        writer.settle(zone.key, zone.fingerprint)


def follow_rules(backend: Backend, mode: str) -> None:
    """At start: see whether rules have changed since records were resolved, and do as told."""
    if mode == "off":
        return
    scope = scope_of(backend)
    done = preview(backend, scope)
    if mode != "report" and done.totals:
        call = Call("start", Caller("server"), source=f"rebase to {backend.db.version}")
        done = backend.store.write(
            lambda writer: rebase(writer, backend, scope), backend.entry(call)
        )
    if done.totals:
        did = "would move" if mode == "report" else "moved"
        log.warning(
            "time zone rules are those of %s now: %s times in %d records (%s)",
            backend.db.version,
            did,
            done.changed,
            ", ".join(total.zone for total in done.totals),
        )
