"""Apply a change of time zone rules to the stored future, in writes of a bounded size."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Sequence
from functools import partial
from typing import NamedTuple

from summitry.kinds import BY_NUMBER
from summitry.v1.error_reason_pb2 import ErrorReason
from summitry.v1.time_zone_service_pb2 import ImpactKind
from summitry.zones import TzDb, Zone, release
from summitry_server.context import LOCAL_CALL, Backend, Call, Caller
from summitry_server.domain.records.records import row_of
from summitry_server.domain.time.audit import (
    AuditCursor,
    Impact,
    Scope,
    Total,
    audit,
    audit_page,
    changed_zones,
    totals,
)
from summitry_server.domain.time.law_changes import rebased
from summitry_server.store.contract import Point, Reader, Writer
from summitry_server.wire import frames as wire
from summitry_server.wire.refusals import ALONE, RefusedError

log = logging.getLogger(__name__)

SETTLED = "tzdb_version"  # the setting of the store that holds the release which settled it last


PAGE = 1000  # readings that one write examines at most


class RebaseResult(NamedTuple):
    """The result of a page of a rebase, or of its dry run."""

    changed: int  # records
    totals: Sequence[Total]
    point: Point
    after: AuditCursor | None = None  # where the next page begins; None: all is done


def scope_of(
    backend: Backend,
    zones: tuple[str, ...] = (),
    *,
    calendar: str | None = None,
    include_past: bool = False,
    call: Call = LOCAL_CALL,
) -> Scope:
    """Return the scope of a rebase: `zones`, or without any all whose rules changed."""
    now = backend.clock.now()
    return Scope(calendar, None, backend.db, zones, include_past, now, check=call.check)


def preview(
    reader: Reader, scope: Scope, after: AuditCursor | None = None, limit: int = PAGE
) -> RebaseResult:
    """Return the result that a page of a rebase would have."""
    page = audit_page(reader, scope, after, limit)
    return RebaseResult(len(_touched(page.impacts)), page.totals, reader.point(), page.after)


def rebase(
    writer: Writer,
    backend: Backend,
    scope: Scope,
    after: AuditCursor | None = None,
    limit: int = PAGE,
) -> RebaseResult:
    """Resolve the times that changed rules move again, as far as one page goes, within a write."""
    page = audit_page(writer, scope, after, limit)
    touched = _touched(page.impacts)
    changed = sum(
        _rebase_record(writer, name, touched[name], backend, scope) for name in sorted(touched)
    )
    if scope.calendar is None:
        for zone in page.passed:
            _settle(writer, zone, scope)
        if page.after is None and not scope.zones:
            writer.put_setting(SETTLED, backend.db.version)
    point = writer.next_point if changed else writer.point()
    return RebaseResult(changed, page.totals, point, page.after)


def rebase_all(backend: Backend, scope: Scope, call: Call) -> RebaseResult:
    """Resolve all that changed rules move, page by page, each in a write of its own."""
    changed, all_totals = 0, list[Total]()
    after: AuditCursor | None = None
    while True:
        operate = partial(rebase, backend=backend, scope=scope, after=after)
        page = backend.store.write(operate, backend.entry(call))
        changed, after = changed + page.changed, page.after
        all_totals.extend(page.totals)
        if after is None:
            return page._replace(changed=changed, totals=all_totals)


def _touched(impacts: Iterable[Impact]) -> dict[str, set[str]]:
    """Return the fields that a rebase settles, by the names of their records."""
    fields_by_name: dict[str, set[str]] = {}
    for impact in impacts:
        if impact.kind != ImpactKind.IMPACT_KIND_ORDER_BROKEN:  # left for a person
            fields_by_name.setdefault(impact.read.name, set()).add(impact.read.entry.field)
    return fields_by_name


def _rebase_record(
    writer: Writer, name: str, fields: Collection[str], backend: Backend, scope: Scope
) -> bool:
    scope.check()
    row = writer.get(name)
    assert row is not None
    record = wire.unframe(BY_NUMBER[row.kind].message, row.frame)
    result = rebased(
        record,
        backend.db,
        scope.now,
        include_past=scope.include_past,
        touched=fields,
        allow_older=True,
    )
    if not result.changed:
        return False
    result.record.sequence += result.moved
    writer.put(row_of(result.record, writer.next_point, scope.now, backend.db), new=False)
    return True


def _settle(writer: Writer, zone: Zone, scope: Scope) -> None:
    """Mark the other readings of a zone as resolved by its rules, which change none of them.

    A zone in which a time could not be resolved in order stays open, so that it is listed again.
    """
    unsettled = scope._replace(zones=(zone.key,), include_past=False)
    if not any(True for _ in audit(writer, unsettled)):
        writer.settle(zone.key, zone.fingerprint)


def settled_version(reader: Reader) -> str:
    """Return the release that settled the store last; empty if none has yet."""
    return reader.setting(SETTLED)


def check_not_older(reader: Reader, db: TzDb) -> None:
    """Refuse to go back to an older release. Raises RefusedError OLDER_TZDB.

    Two servers of different releases would else move the same times forth and back for ever.
    """
    settled = settled_version(reader)
    if is_older(db.version, settled):
        raise RefusedError(
            ErrorReason.ERROR_REASON_OLDER_TZDB,
            f"the store was settled by time zone data {settled}, newer than {db.version} of this "
            "server: upgrade the server, or go back by allow_older (--allow-older)",
            "allow_older",
            lead=ALONE,
            settled=settled,
            server=db.version,
        )


def is_older(version: str, settled: str) -> bool:
    """Return whether a release is older than the one that settled a store; "": none has."""
    return bool(settled) and release(version) < release(settled)


def follow_rules(backend: Backend, mode: str) -> None:
    """Rebase a store at start if rules have changed, or only log that they have.

    `mode` is that of the option --rebase. An older release than the one that settled the store
    last never rebases by itself.
    """
    if mode == "off":
        return
    scope = scope_of(backend)
    with backend.store.read() as reader:
        settled = settled_version(reader)
        may_write = mode != "report" and not is_older(backend.db.version, settled)
        touched = 0 if may_write else len(_touched(audit(reader, scope)))
        would_change = () if may_write else totals(reader, scope)
        is_due = bool(changed_zones(reader, scope)) or settled != backend.db.version
    if is_older(backend.db.version, settled):
        log.warning(
            "the store was settled by time zone data %s, newer than %s of this server: it is left "
            "as it is, %d records would move back; upgrade the server, or go back by "
            "`summitry zones rebase --allow-older`",
            settled,
            backend.db.version,
            touched,
        )
    elif mode == "report":
        _log_change("would be resolved", touched, would_change, backend)
    elif is_due:
        call = Call("start", Caller("server"), source=f"rebase to {backend.db.version}")
        done = rebase_all(backend, scope, call)
        _log_change("were resolved", done.changed, done.totals, backend)


def _log_change(verb: str, changed: int, totals: Iterable[Total], backend: Backend) -> None:
    """Log the number of changed records, and of times that a person must decide."""
    counted = [total for total in totals if total.counts]
    zones = dict.fromkeys(total.zone for total in counted)
    broken = sum(total.counts[ImpactKind.IMPACT_KIND_ORDER_BROKEN] for total in counted)
    if changed or broken:
        log.warning(
            "time zone rules are those of %s now: %d records %s anew, %d times would end before "
            "they start and stay as they are (%s)",
            backend.db.version,
            changed,
            verb,
            broken,
            ", ".join(zones),
        )
