"""`summitry import`: create or update records by name, from files of several makers."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from summitry.cli.failures import DONE, SOME_FAILED, UsageError, describe
from summitry.cli.parser import add_command

if TYPE_CHECKING:
    from summitry.cli.spool import Spool
    from summitry.client import Client
    from summitry.errors import FileFormatError
    from summitry.v1.transfer_service_pb2 import ImportRecordsResponse, ImportResult

_EXAMPLES = """
summitry import records.ndjson
summitry import samples/astana-2024/*.yaml --dry-run
summitry import --profile state-department visits.ndjson
summitry import programme.ics --into astana-2024 --zone Asia/Almaty
summitry import --profile csv --mapping trips.yaml trips.csv
summitry export astana-2024 --format ndjson | summitry --server other:50051 import -
"""
OUTCOMES = ("created", "updated", "unchanged", "failed")
UNREADABLE = "UNREADABLE"
ALWAYS = frozenset({"EDIT_KEPT"})
"""Classes of warnings that somebody must act on: each is told without --warnings."""
ADJUSTED = "ADJUSTED"  # read, with a part changed or left out
# The profile of files that are no records, by suffix.
_PROFILES = {".ics": "icalendar", ".csv": "csv", ".xml": "eventsml"}
_DELAYS = (0.1, 0.5, 2.0)  # seconds between tries when the server is not there


class Told(NamedTuple):
    """What is to be said of one record."""

    place: str  # "records.ndjson, line 3"
    name: str
    reason: str  # "" for a record that was taken
    message: str
    warnings: tuple[str, ...] = ()

    @property
    def line(self) -> str:
        """The same as a line for people."""
        classes = f"{', '.join(self.warnings)}: " if self.warnings else ""
        return ": ".join(part for part in (self.place, classes + self.message) if part)


class Summary(NamedTuple):
    """What became of all of it."""

    counts: dict[str, int]
    refusals: dict[str, int]
    warnings: dict[str, int]


def configure(parser: argparse.ArgumentParser, name: str) -> None:
    """Fill the parser of the command."""
    parser.add_argument("files", nargs="+", metavar="FILE", help="- is stdin")
    parser.add_argument(
        "--profile",
        default="",
        metavar="P",
        help="what the files are: records (default), icalendar (default of .ics), "
        "state-department, summits, attendance, csv or eventsml",
    )
    parser.add_argument("--mapping", type=Path, metavar="F", help="of csv: what each column means")
    parser.add_argument(
        "--calendar",
        "--into",
        default="",
        metavar="ID",
        help="of csv, eventsml and icalendar: where the records go",
    )
    _add_calendar_flags(parser)
    parser.add_argument(
        "--format", choices=("ndjson", "yaml"), help="of records (by suffix; stdin: ndjson)"
    )
    parser.add_argument(
        "--from", dest="first", type=int, default=0, metavar="N", help="leave out what is before"
    )
    parser.add_argument("--dry-run", action="store_true", help="check everything, store nothing")
    parser.add_argument(
        "--merge", action="store_true", help="leave fields alone that the file does not set"
    )
    parser.add_argument("--reason", default="", metavar="TEXT", help="why, for the history")
    parser.add_argument("--warnings", action="store_true", help="tell each record that is doubtful")
    parser.add_argument("--output", choices=("text", "json"), default="text")
    add_command(parser, run, _EXAMPLES)


def _add_calendar_flags(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("of icalendar")
    group.add_argument(
        "--kind", choices=("meeting", "summit", "visit", "notice"), default="meeting"
    )
    group.add_argument("--zone", default="", metavar="Z", help="of hours that name no zone")
    group.add_argument(
        "--tzid",
        action="append",
        default=[],
        metavar="TZID=Z",
        help="what an id that only the file knows stands for",
    )


def run(args: argparse.Namespace) -> int:
    """Read all files, then send what they hold. A record that is refused is told."""
    from summitry.cli.spool import Spool
    from summitry.client import Client

    _check(args)
    tell = _Telling(args)
    with Spool() as spool, Client(args.server, timeout=args.timeout) as client:
        labels = _read(args, spool, client, tell)
        response = _send(client, spool, args)
        for result in response.results:
            file, position = spool.place(result.index)
            tell.result(result, f"{labels[file]} {position}")
    tell.rest(response)
    summary = _summary(response, tell)
    tell.end(summary)
    return SOME_FAILED if summary.counts["failed"] else DONE


def _check(args: argparse.Namespace) -> None:
    from summitry.formats.profiles import ICALENDAR, PROFILES, RECORDS

    args.profile = args.profile or (ICALENDAR if _is_calendar(args.files) else RECORDS)
    if args.profile not in PROFILES:
        raise UsageError(f"no profile {args.profile!r}; there are {', '.join(PROFILES)}")
    if args.first and len(args.files) > 1:
        raise UsageError("--from counts in one file: give one FILE")
    if args.profile == RECORDS and not args.format:
        _check_suffixes(args.files)


def _check_suffixes(files: list[str]) -> None:
    """Refuse files that are no records by their name, and say what to give for them."""
    from summitry.errors import FileFormatError
    from summitry.formats.files import is_format_known

    for file in files:
        if file != "-" and not is_format_known(file):
            profile = _PROFILES.get(Path(file).suffix.lower(), "P")
            raise FileFormatError(
                f"{file}: the suffix names no format of records: give --profile {profile}, "
                "or --format ndjson or yaml for records",
                source=file,
            )


def _is_calendar(files: list[str]) -> bool:
    return all(file.lower().endswith(".ics") for file in files)


def _tzids(pairs: list[str]) -> dict[str, str]:
    found = dict(pair.rpartition("=")[::2] for pair in pairs)
    if "" in found or "" in found.values():
        raise UsageError("--tzid wants TZID=ZONE, as 'Romance Standard Time=Europe/Paris'")
    return found


def _is_brought(args: argparse.Namespace) -> bool:
    """True if calendars are no entries of the files, but brought by the profile or mapping.

    Such a calendar is made where it is missing, and never changed: it is the desk's then.
    """
    from summitry.formats.profiles import RECORDS

    return args.profile != RECORDS and not (args.profile == "csv" and args.mapping is None)


def _is_stored(client: Client, name: str) -> bool:
    from summitry.errors import NotFoundError

    try:
        return not client.get(name).HasField("delete_time")
    except NotFoundError:
        return False


def _read(args: argparse.Namespace, spool: Spool, client: Client, tell: _Telling) -> list[str]:
    """Put what the files hold into the spool; return what their positions are called."""
    from summitry.cli.spool import Place
    from summitry.formats.files import format_of
    from summitry.formats.profiles import RECORDS, Options, read_profile, unit_of
    from summitry.kinds import CALENDAR
    from summitry.names import parse_name

    calendar = f"calendars/{args.calendar.removeprefix('calendars/')}" if args.calendar else ""
    tzids = _tzids(args.tzid)
    options = Options(
        *(calendar, args.mapping, args.kind, args.zone, tzids, tell.warning),
        is_stored=lambda name: _is_stored(client, name),
        on_unedited=tell.unedited,
    )
    labels = []
    for number, file in enumerate(args.files):
        source, label = (sys.stdin, "<stdin>") if file == "-" else (file, file)
        known = None
        if args.profile == RECORDS:
            known = format_of(source, args.format or ("ndjson" if file == "-" else None))
        labels.append(f"{label}, {unit_of(args.profile, known)}")
        read = read_profile(args.profile, source, options, known, tell.unreadable)
        for position, record in _counted(read, "reading"):
            if parse_name(record.name).kind is not CALENDAR:
                if position >= args.first:
                    spool.add(Place(number, position), record)
            elif _is_brought(args) and _is_stored(client, record.name):
                tell.passed_over += 1
            else:  # what follows may need the calendar that the first entry brings
                spool.add(Place(number, position), record)
    return labels


def _send(client: Client, spool: Spool, args: argparse.Namespace) -> ImportRecordsResponse:
    """Send the records, again after a restart of the server: to import twice does no harm."""
    from summitry.errors import UnavailableError

    def send() -> ImportRecordsResponse:
        records = _counted(spool.records(), "importing", spool.count)
        return client.import_records(
            records, dry_run=args.dry_run, merge=args.merge, reason=args.reason
        )

    next(client.list("calendars", page_size=1), None)  # to fail at once where there is no server
    for delay in _DELAYS:
        try:
            return send()
        except UnavailableError:
            time.sleep(delay)
    return send()


def _counted(items: Iterator[Any], what: str, total: int | None = None) -> Iterator[Any]:
    """Yield the items as they come, with a bar and their rate on a terminal."""
    if not sys.stderr.isatty():
        yield from items
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
    )
    begun = time.monotonic()
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(what, total=total, rate="")
        for number, item in enumerate(items, 1):
            yield item
            rate = number / max(time.monotonic() - begun, 1e-3)
            progress.update(task, advance=1, rate=f"{rate:,.0f}/s")


class _Telling:
    """Tells of single records as they are found, and of all at the end."""

    def __init__(self, args: argparse.Namespace) -> None:
        self._args = args
        self._told: list[Told] = []
        self._failed = 0
        self._begun = time.monotonic()
        self.unread = 0
        self.adjusted = 0
        self.passed_over = 0

    def unreadable(self, error: FileFormatError) -> None:
        """Report what could not be read of a file."""
        if error.position >= self._args.first:
            self.unread += 1
            self._tell(Told("", "", UNREADABLE, describe(error)))

    def warning(self, warning: FileFormatError) -> None:
        """Report what was changed or left out of an event that was read."""
        if warning.position >= self._args.first:
            self.adjusted += 1
            self._tell(Told("", "", "", describe(warning), (ADJUSTED,)))

    def unedited(self, position: int) -> None:
        """Count an event that was exported from a record, and that nobody edited since."""
        if position >= self._args.first:
            self.passed_over += 1

    def result(self, result: ImportResult, place: str) -> None:
        """Report what the server says of a record."""
        from summitry.errors import CallError
        from summitry.v1.error_reason_pb2 import ErrorReason

        if not result.reason:
            everything = self._args.warnings or self._args.output == "json"
            if everything or ALWAYS & set(result.warnings):
                self._tell(Told(place, result.name, "", result.message, tuple(result.warnings)))
            return
        self._failed += 1
        reason = ErrorReason.Name(result.reason).removeprefix("ERROR_REASON_")
        error = CallError(result.message, reason=reason, metadata={"field": result.field_path})
        self._tell(Told(place, result.name, reason, describe(error)))

    def rest(self, response: ImportRecordsResponse) -> None:
        """Report how many were refused beyond those that the server names."""
        if more := response.failed - self._failed:
            self._tell(Told("", "", "", f"{more} more were refused: mend these and import again"))

    def end(self, summary: Summary) -> None:
        """Counts, reasons, classes."""
        if self._args.output == "json":
            from summitry.cli.output import print_json

            results = [
                {key: value for key, value in one._asdict().items() if value} for one in self._told
            ]
            told = {"dry_run": self._args.dry_run, **summary.counts}
            told |= {"refusals": summary.refusals, "warnings": summary.warnings}
            print_json({**told, "results": results})
            return
        prefix = "dry run: " if self._args.dry_run else ""
        counts = ", ".join(f"{summary.counts[outcome]} {outcome}" for outcome in OUTCOMES)
        print(prefix + counts)  # noqa: T201
        for what, found in (("refused", summary.refusals), ("doubtful", summary.warnings)):
            if found:
                print(f"{what}: " + ", ".join(f"{n} {name}" for name, n in found.items()))  # noqa: T201
        if sys.stderr.isatty():
            _complain(f"took {time.monotonic() - self._begun:.1f} s")

    def _tell(self, told: Told) -> None:
        if self._args.output == "json":
            self._told.append(told)
        else:
            _complain(told.line)


def _summary(response: ImportRecordsResponse, tell: _Telling) -> Summary:
    counts = {outcome: getattr(response, outcome) for outcome in OUTCOMES}
    counts["failed"] += tell.unread
    counts["unchanged"] += tell.passed_over
    refusals = dict(response.refusals) | ({UNREADABLE: tell.unread} if tell.unread else {})
    warnings = dict(response.warnings) | ({ADJUSTED: tell.adjusted} if tell.adjusted else {})
    return Summary(counts, _by_count(refusals), _by_count(warnings))


def _by_count(found: dict[str, int]) -> dict[str, int]:
    return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))


def _complain(text: str) -> None:
    print(f"summitry: {text}", file=sys.stderr)  # noqa: T201
