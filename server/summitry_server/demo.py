"""The Astana 2024 calendar for a first look: samples/astana-2024, all of it in one write."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from summitry.formats.files import read_records
from summitry.kinds import BY_MESSAGE, KINDS, Record
from summitry_server.context import Backend, Call, Caller
from summitry_server.domain.records.masks import clear_output
from summitry_server.domain.records.records import prepare
from summitry_server.services.records import RecordService
from summitry_server.store.contract import Writer
from summitry_server.wire.limits import check

# Beside this file in a wheel, at the top of the repository in a checkout.
FOLDERS = (
    Path(__file__).parent / "samples" / "astana-2024",
    Path(__file__).parents[2] / "samples" / "astana-2024",
)


def load_demo(backend: Backend, services: Mapping[str, RecordService]) -> int:
    """Write the sample; return the number of its records.

    `services` are the record services by collection.
    """
    records = [_prepared(record, backend) for record in _sample()]
    now = backend.clock.now()

    def insert_all(writer: Writer) -> None:
        for record in records:
            services[BY_MESSAGE[type(record)].collection].operations.insert(writer, record, now)

    call = Call("demo", Caller("demo"), source="samples/astana-2024")
    backend.store.write(insert_all, backend.entry(call))
    return len(records)


def _sample() -> list[Record]:
    folder = next(path for path in FOLDERS if path.is_dir())
    files = (folder / f"{kind.collection}.yaml" for kind in KINDS)
    paths = [path for path in (folder / "calendar.yaml", *files) if path.exists()]
    return [record for path in paths for _, record in read_records(path)]


def _prepared(record: Record, backend: Backend) -> Record:
    path = BY_MESSAGE[type(record)].singular
    clear_output(record)
    check(record, path)
    prepare(record, path, backend.db)
    return record
