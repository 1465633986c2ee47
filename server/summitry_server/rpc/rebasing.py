"""Apply a change of time zone rules to the stored future, in one write."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import NamedTuple

from summitry.kinds import BY_NUMBER
from summitry.zones import Zone
from summitry_server import wire
from summitry_server.core.audit import Scope, Total, audit, changed_zones, totals
from summitry_server.core.lawchange import rebased
from summitry_server.core.records import row_of
from summitry_server.rpc.context import Backend, Call, Caller
from summitry_server.store.contract import Writer

log = logging.getLogger(__name__)


class Done(NamedTuple):
    """What a rebase did, or would do."""

    changed: int  # records
    totals: Sequence[Total]
    revision: int


def scope_of(backend: Backend, zones: tuple[str, ...] = (), *, include_past: bool = False) -> Scope:
    """What to resolve by the server's database; `zones` empty: all whose rules changed."""
    return Scope(None, None, backend.db, zones, include_past, backend.clock.now())


def preview(backend: Backend, scope: Scope) -> Done:
    """What a rebase would do."""
    with backend.store.read() as reader:
        names = {impact.read.name for impact in audit(reader, scope)}
        return Done(len(names), totals(reader, scope), reader.revision)


def rebase(writer: Writer, backend: Backend, scope: Scope) -> Done:
    """Resolve anew what the rules move, within a write."""
    counted = totals(writer, scope)
    touched = changed_zones(writer, scope)
    names = sorted({impact.read.name for impact in audit(writer, scope)})
    changed = sum(_rebase_record(writer, name, backend, scope) for name in names)
    for zone in touched:
        _settle(writer, zone, scope)
    return Done(changed, counted, writer.next_revision if changed else writer.revision)


def _rebase_record(writer: Writer, name: str, backend: Backend, scope: Scope) -> bool:
    row = writer.get(name)
    assert row is not None
    record = wire.unframe(BY_NUMBER[row.kind].message, row.frame)
    result = rebased(record, backend.db, scope.now, include_past=scope.include_past)
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
