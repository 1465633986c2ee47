"""Purges what was deleted long enough ago (AIP-164), a few records in each write."""

from __future__ import annotations

import logging

from summitry.kinds import KINDS, parse_name
from summitry_server.context import Backend, Call, Caller
from summitry_server.jobs.maintenance import Due, Job
from summitry_server.services.operations import RecordOperations
from summitry_server.store.contract import Writer

log = logging.getLogger(__name__)

STEP = 100  # records in one write, so that other writes wait for little


def purging(backend: Backend, due: Due) -> Job:
    """Return a job that purges records deleted `backend.keep_deleted` seconds ago; 0: none."""
    operations = {kind: RecordOperations(kind, backend) for kind in KINDS}

    def purge_some() -> int:
        now, until = backend.clock.now(), due() - backend.keep_deleted

        def purge_batch(writer: Writer) -> int:
            names = writer.deleted(until + 1, STEP)
            for text in names:
                name = parse_name(text)
                assert name is not None
                operations[name.kind].purge(name, "", now)(writer)
            return len(names)

        call = Call("upkeep", Caller("server"), source="purge")
        return backend.store.write(purge_batch, backend.entry(call))

    def purge() -> None:
        while backend.keep_deleted and (count := purge_some()):
            log.info("purged %d records deleted %d seconds ago", count, backend.keep_deleted)

    return purge
