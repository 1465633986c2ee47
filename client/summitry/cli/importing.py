"""`summitry import`: create or update records by name, several calls in flight."""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from summitry.cli.failures import DONE, SOME_FAILED, describe, exit_code
from summitry.cli.parser import add_command

if TYPE_CHECKING:
    from summitry.client import Client
    from summitry.errors import FileFormatError
    from summitry.files import Refused
    from summitry.kinds import Record

    Progress: TypeAlias = "tuple[Entry, Result]"

_EXAMPLES = """
summitry import records.ndjson
summitry import samples/astana-2024/*.yaml
summitry export astana-2024 --format ndjson | summitry --server other:50051 import -
"""
OUTCOMES = ("created", "updated", "unchanged", "failed")
_FLIGHT = 8  # calls in flight: more do not make one writer faster
_DELAYS = (0.1, 0.5, 2.0)  # seconds between tries when the server is not there


class Entry(NamedTuple):
    """A record and where it stands."""

    place: str  # "records.ndjson, line 3"
    record: Record


class Result(NamedTuple):
    """What became of an entry; `message` for one that failed."""

    outcome: str
    message: str = ""


def configure(parser: argparse.ArgumentParser, name: str) -> None:
    """Fill the parser of the command."""
    parser.add_argument("files", nargs="+", metavar="FILE", help="NDJSON or YAML; - is stdin")
    parser.add_argument("--format", choices=("ndjson", "yaml"), help="(by suffix; stdin: ndjson)")
    parser.add_argument(
        "--merge", action="store_true", help="leave fields alone that the file does not set"
    )
    add_command(parser, run, _EXAMPLES)


def run(args: argparse.Namespace) -> int:
    """Read all files, then write what they hold, kind after kind, since records refer upwards.

    A record becomes what the file says; its etag in the file is ignored. A record that fails
    is reported and the others go on.
    """
    from summitry.client import Client

    refused: list[FileFormatError] = []
    entries = list(_read(args, refused.append))
    for error in refused:
        _complain(str(error))
    counts = Counter({"failed": len(refused)})
    with Client(args.server, timeout=args.timeout) as client:
        loader = _Loader(client, args)
        for entry, result in _progress(loader.load(entries), len(entries)):
            counts[result.outcome] += 1
            if result.message:
                _complain(f"{entry.place}: {result.message}")
    print(", ".join(f"{counts[outcome]} {outcome}" for outcome in OUTCOMES))  # noqa: T201
    return SOME_FAILED if counts["failed"] else DONE


def _read(args: argparse.Namespace, on_error: Refused) -> Iterator[Entry]:
    from summitry.files import UNITS, format_of, read_records

    for file in args.files:
        source, label = (sys.stdin, "<stdin>") if file == "-" else (file, file)
        format_ = format_of(source, args.format or ("ndjson" if file == "-" else None))
        for position, record in read_records(source, format_, on_error):
            yield Entry(f"{label}, {UNITS[format_]} {position}", record)


def _complain(text: str) -> None:
    print(f"summitry: {text}", file=sys.stderr)  # noqa: T201


def _progress(results: Iterator[Progress], total: int) -> Iterator[Progress]:
    """The results as they come, with a bar on a terminal."""
    if not sys.stderr.isatty():
        yield from results
        return
    from rich.console import Console
    from rich.progress import track

    yield from track(results, "importing", total, console=Console(stderr=True), transient=True)


class _Loader:
    """Writes records and tells what became of each."""

    def __init__(self, client: Client, args: argparse.Namespace) -> None:
        self._client = client
        self._server = args.server
        self._paths = None if args.merge else ["*"]
        next(client.list("calendars", page_size=1), None)
        # Records that the store had before are of this revision or below.
        self._head = client.header.revision
        self._written: dict[str, int] = {}

    def load(self, entries: Iterable[Entry]) -> Iterator[Progress]:
        """Write entries stage by stage. Raises UnavailableError when the server goes away."""
        pool = ThreadPoolExecutor(_FLIGHT)
        try:
            for stage in _stages(entries):
                yield from zip(stage, pool.map(self._put, stage), strict=True)
        finally:
            pool.shutdown(cancel_futures=True)

    def _put(self, entry: Entry) -> Result:
        from summitry.errors import UnavailableError

        try:
            outcome, stored = self._store_patiently(entry.record)
        except UnavailableError:
            raise
        except Exception as error:
            if exit_code(error) is None:
                raise
            return Result("failed", describe(error, self._server))
        self._written[stored.name] = stored.revision
        return Result(outcome)

    def _store_patiently(self, record: Record) -> tuple[str, Record]:
        """Over a restart of the server too: to create or update by name twice does no harm."""
        from summitry.errors import UnavailableError

        for delay in _DELAYS:
            try:
                return self._store(record)
            except UnavailableError:
                time.sleep(delay)
        return self._store(record)

    def _store(self, record: Record) -> tuple[str, Record]:
        """Create first: only the server's answer tells a new record from a changed one."""
        from summitry.errors import AlreadyExistsError

        record.ClearField("etag")
        try:
            return "created", self._client.create(record)
        except AlreadyExistsError as error:
            if error.reason != "RECORD_EXISTS":
                raise
        stored = self._client.update(record, self._paths, allow_missing=True)
        before = self._written.get(record.name, self._head)
        return ("updated" if stored.revision > before else "unchanged"), stored


def _stages(entries: Iterable[Entry]) -> list[list[Entry]]:
    """Entries that may be written at the same time, in the order of what depends on what.

    Kind after kind; a name that comes again waits for its first record, so that the last holds.
    """
    from summitry.kinds import BY_MESSAGE

    stages: dict[tuple[int, int], list[Entry]] = {}
    seen: Counter[str] = Counter()
    for entry in entries:
        record = entry.record
        number = BY_MESSAGE[type(record)].number
        stages.setdefault((number, seen[record.name]), []).append(entry)
        seen[record.name] += 1
    return [stages[key] for key in sorted(stages)]
