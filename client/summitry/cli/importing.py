"""`summitry import`: create or update records by name, from files of several formats."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from summitry.cli.connection import connect
from summitry.cli.failures import DONE, SOME_FAILED, UsageError, describe
from summitry.cli.parser import add_command
from summitry.cli.writing import add_dry_run_flag, dry_run_mark

if TYPE_CHECKING:
    from summitry.cli.mirror import MirroredUids
    from summitry.cli.spool import FilePosition, Spool
    from summitry.client import Client
    from summitry.errors import FileFormatError
    from summitry.formats.profiles import ProfileOptions
    from summitry.ical.reading import ReadEventDays
    from summitry.ical.reading.recurring import DayWindow
    from summitry.kinds import Record
    from summitry.v1.transfer_service_pb2 import ImportRecordsResponse, ImportResult

_EXAMPLES = """
summitry import records.ndjson
summitry import samples/astana-2024/*.yaml --dry-run
summitry import --profile state-department visits.ndjson
summitry import programme.ics --into astana-2024 --zone Asia/Almaty
summitry import feed.ics --into ministry --mirror --dry-run
summitry import --profile csv --mapping trips.yaml trips.csv
summitry export astana-2024 --format ndjson | summitry --server other:50051 import -
"""
OUTCOMES = ("created", "updated", "unchanged", "failed")
UNREADABLE = "UNREADABLE"
ALWAYS = frozenset({"EDIT_KEPT", "GONE", "VISIBILITY_KEPT"})
"""Warnings that somebody must act on: they are printed without --warnings too."""
ADJUSTED = "ADJUSTED"  # imported, with a part changed or left out
# The profile that reads files of other formats, by suffix.
_PROFILES = {".ics": "icalendar", ".csv": "csv", ".xml": "eventsml"}
_DELAYS = (0.1, 0.5, 2.0)  # seconds between attempts when the server is not available


class Report(NamedTuple):
    """A line of the report: one record, and its refusal or warnings."""

    place: str  # "records.ndjson, line 3"
    name: str
    reason: str  # name of the refusal; "" for a record that was accepted
    message: str
    warnings: tuple[str, ...] = ()

    @property
    def line(self) -> str:
        """Return the report as a line for people."""
        classes = f"{', '.join(self.warnings)}: " if self.warnings else ""
        return ": ".join(part for part in (self.place, classes + self.message) if part)


class Summary(NamedTuple):
    """The totals of an import: outcomes, refusals by reason, warnings by kind."""

    counts: dict[str, int]
    refusals: dict[str, int]
    warnings: dict[str, int]
    gone_count: int = 0  # stored records that events no longer have


def configure(parser: argparse.ArgumentParser, name: str) -> None:
    """Fill the parser of the command."""
    parser.add_argument("files", nargs="+", metavar="FILE", help="- is stdin")
    parser.add_argument(
        "--profile",
        default="",
        metavar="P",
        help="format of the files: records (default), icalendar (default for .ics), "
        "state-department, summits, attendance, csv or eventsml",
    )
    parser.add_argument(
        "--mapping", type=Path, metavar="F", help="csv: YAML file that maps columns to fields"
    )
    parser.add_argument(
        "--calendar",
        "--into",
        default="",
        metavar="ID",
        help="csv, eventsml, icalendar: calendar to import into",
    )
    _add_calendar_flags(parser)
    parser.add_argument(
        "--format",
        choices=("ndjson", "yaml"),
        help="records: file format (by suffix; stdin: ndjson)",
    )
    parser.add_argument(
        "--from",
        dest="first",
        type=int,
        default=0,
        metavar="N",
        help="skip the entries before N, to resume an import",
    )
    add_dry_run_flag(parser)
    parser.add_argument(
        "--merge", action="store_true", help="keep fields that the file does not set"
    )
    parser.add_argument(
        "--allow-more-visible",
        action="store_true",
        help="lower the visibility, and lift embargoes, of stored records where the file says so",
    )
    parser.add_argument("--reason", default="", metavar="TEXT", help="why, for the history")
    parser.add_argument("--warnings", action="store_true", help="print each record with a warning")
    parser.add_argument("--output", choices=("text", "json"), default="text")
    add_command(parser, run, _EXAMPLES)


def _add_calendar_flags(parser: argparse.ArgumentParser) -> None:
    from summitry.kinds import EVENTS

    group = parser.add_argument_group("icalendar")
    kinds = [kind.singular for kind in EVENTS]
    group.add_argument("--kind", choices=kinds, default="meeting")
    group.add_argument("--zone", default="", metavar="Z", help="zone of times that name none")
    group.add_argument(
        "--tzid",
        action="append",
        default=[],
        metavar="TZID=Z",
        help="IANA zone of a TZID that only the file defines",
    )
    group.add_argument(
        "--strict",
        action="store_true",
        help="refuse events of which anything would be changed or left out",
    )
    group.add_argument(
        "--since",
        metavar="DAY",
        help="first day that is read of events that recur without an end (a year ago)",
    )
    group.add_argument(
        "--until", metavar="DAY", help="last day that is read of them (in three years)"
    )
    group.add_argument(
        "--gone",
        choices=("cancel", "delete", "keep"),
        default="cancel",
        help="stored days that their event no longer has: cancel (default), delete or keep",
    )
    group.add_argument(
        "--mirror",
        action="store_true",
        help="the calendar mirrors the files: stored events that they no longer have are gone too",
    )


def run(args: argparse.Namespace) -> int:
    """Read all files, then send their records, and report each record that is refused."""
    from summitry.cli.spool import Spool

    _check(args)
    reporter = _Reporter(args)
    with Spool() as spool, connect(args) as client:
        labels = _read(args, spool, client, reporter)
        response = _send(client, spool, args)
        for result in response.results:
            reporter.result(result, _place(result, spool, labels))
    reporter.rest(response)
    summary = _summary(response, reporter)
    reporter.end(summary)
    return SOME_FAILED if summary.counts["failed"] else DONE


def _place(result: ImportResult, spool: Spool, labels: list[str]) -> str:
    """Return where a record is in the files; of a record that is gone from them its name."""
    if result.index < 0:
        return result.name
    file, position = spool.place(result.index)
    return f"{labels[file]} {position}"


def _check(args: argparse.Namespace) -> None:
    from summitry.formats.profiles import ICALENDAR, PROFILES, RECORDS

    args.profile = args.profile or (ICALENDAR if _is_calendar(args.files) else RECORDS)
    if args.profile not in PROFILES:
        raise UsageError(f"unknown profile {args.profile!r}; use one of {', '.join(PROFILES)}")
    if args.mirror and (args.profile != ICALENDAR or not args.calendar or args.first):
        raise UsageError("--mirror takes whole calendar files: give --into ID, and no --from")
    if args.first and len(args.files) > 1:
        raise UsageError("--from counts the entries of one file: give a single FILE")
    if args.profile == RECORDS and not args.format:
        _check_suffixes(args.files)


def _check_suffixes(files: list[str]) -> None:
    """Refuse files whose suffix is not a format of records, and name the profile to use."""
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
    zones = dict(pair.rpartition("=")[::2] for pair in pairs)
    if "" in zones or "" in zones.values():
        raise UsageError("--tzid takes TZID=ZONE, such as 'Romance Standard Time=Europe/Paris'")
    return zones


def _profile_brings_calendars(args: argparse.Namespace) -> bool:
    """Return True if calendars come from the profile or mapping, and not from the files.

    Such a calendar is created where it is missing, and never changed: users own it from then on.
    """
    from summitry.formats.profiles import RECORDS

    return args.profile != RECORDS and not (args.profile == "csv" and args.mapping is None)


def _is_stored(client: Client, name: str) -> bool:
    from summitry.errors import NotFoundError

    try:
        return not client.get(name).HasField("delete_time")
    except NotFoundError:
        return False


def _read(args: argparse.Namespace, spool: Spool, client: Client, reporter: _Reporter) -> list[str]:
    """Put the records of the files into the spool; return a label for positions in each file."""
    from summitry.cli.mirror import MirroredUids
    from summitry.cli.spool import FilePosition
    from summitry.formats.files import format_of
    from summitry.formats.profiles import RECORDS, read_profile, unit_of

    mirrored = MirroredUids()
    options = _options(args, spool, client, reporter, mirrored)
    labels = []
    for number, file in enumerate(args.files):
        source, label = (sys.stdin, "<stdin>") if file == "-" else (file, file)
        format_ = None
        if args.profile == RECORDS:
            format_ = format_of(source, args.format or ("ndjson" if file == "-" else None))
        labels.append(f"{label}, {unit_of(args.profile, format_)}")
        read = read_profile(args.profile, source, options, format_, reporter.unreadable)
        for position, record in _counted(read, "reading"):
            _add_record(args, spool, client, reporter, FilePosition(number, position), record)
            if args.mirror:
                mirrored.add(record.ical_uid)
    if args.mirror and reporter.unread:
        reporter.note("some events cannot be read, so that no other event is taken as gone")
    elif args.mirror:
        for statement in mirrored.missing(client, options.calendar):
            spool.add_event_days(statement)
    return labels


def _options(
    args: argparse.Namespace,
    spool: Spool,
    client: Client,
    reporter: _Reporter,
    mirrored: MirroredUids,
) -> ProfileOptions:
    """Return the options of a profile. The days of events go into the spool."""
    from google.protobuf import json_format

    from summitry.formats.profiles import ProfileOptions
    from summitry.v1.transfer_service_pb2 import EventDays

    calendar = f"calendars/{args.calendar.removeprefix('calendars/')}" if args.calendar else ""

    def note_days(days: ReadEventDays) -> None:
        spool.add_event_days(json_format.ParseDict(days.fields(calendar), EventDays()))
        mirrored.add(days.uid)

    return ProfileOptions(
        *(calendar, args.mapping, args.kind, args.zone, _tzids(args.tzid)),
        strict=args.strict,
        window=_window(args),
        on_warning=reporter.warning,
        is_stored=lambda name: _is_stored(client, name),
        on_unedited=reporter.unedited,
        on_days=note_days,
    )


def _window(args: argparse.Namespace) -> DayWindow:
    """Return the days of events without an end that are read."""
    from summitry.ical.reading.recurring import DayWindow, window_around

    window = window_around(datetime.now(UTC).date())
    try:
        first = date.fromisoformat(args.since) if args.since else window.first
        last = date.fromisoformat(args.until) if args.until else window.last
    except ValueError as error:
        raise UsageError(f"--since and --until take days such as 2024-04-01: {error}") from error
    if last < first:
        raise UsageError(f"--until {last} is before --since {first}")
    return DayWindow(first, last)


def _add_record(
    args: argparse.Namespace,
    spool: Spool,
    client: Client,
    reporter: _Reporter,
    place: FilePosition,
    record: Record,
) -> None:
    """Put a record into the spool, unless it comes before --from, or is a calendar that exists."""
    from summitry.kinds import CALENDAR
    from summitry.names import parse_name

    name = parse_name(record.name)
    if name is None or name.kind is not CALENDAR:
        if place.position >= args.first:
            spool.add(place, record)
    elif _profile_brings_calendars(args) and _is_stored(client, record.name):
        reporter.passed_over += 1
    else:  # a calendar, which the records after it may need
        spool.add(place, record)


def _send(client: Client, spool: Spool, args: argparse.Namespace) -> ImportRecordsResponse:
    """Send the records, and again if the server restarts: an import is idempotent."""
    from summitry.errors import UnavailableError

    def send() -> ImportRecordsResponse:
        records = chain(_counted(spool.records(), "importing", spool.count), spool.event_days())
        return client.import_records(
            records,
            validate_only=args.dry_run,
            merge=args.merge,
            allow_more_visible=args.allow_more_visible,
            reason=args.reason,
            gone_action=args.gone,
        )

    next(client.list("calendars", page_size=1), None)  # fails at once without a server
    for delay in _DELAYS:
        try:
            return send()
        except UnavailableError:
            time.sleep(delay)
    return send()


def _counted(items: Iterator[Any], description: str, total: int | None = None) -> Iterator[Any]:
    """Yield the items, and show a progress bar with their rate on a terminal."""
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
    start = time.monotonic()
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(description, total=total, rate="")
        for number, item in enumerate(items, 1):
            yield item
            rate = number / max(time.monotonic() - start, 1e-3)
            progress.update(task, advance=1, rate=f"{rate:,.0f}/s")


class _Reporter:
    """Reports single records as they are read or refused, and the totals at the end."""

    def __init__(self, args: argparse.Namespace) -> None:
        self._args = args
        self._reports: list[Report] = []
        self._failed = 0
        self._begun = time.monotonic()
        self.unread = 0
        self.adjusted = 0
        self.passed_over = 0

    def unreadable(self, error: FileFormatError) -> None:
        """Report an entry of a file that could not be read."""
        if error.position >= self._args.first:
            self.unread += 1
            self._report(Report("", "", UNREADABLE, describe(error)))

    def warning(self, warning: FileFormatError) -> None:
        """Report an event of which a part was changed or left out."""
        if warning.position >= self._args.first:
            self.adjusted += 1
            self._report(Report("", "", "", describe(warning), (ADJUSTED,)))

    def note(self, message: str) -> None:
        """Report what is of no single entry."""
        self._report(Report("", "", "", message))

    def unedited(self, position: int) -> None:
        """Count an event that was exported from a record and has not been edited since."""
        if position >= self._args.first:
            self.passed_over += 1

    def result(self, result: ImportResult, place: str) -> None:
        """Report the server's result for a record."""
        from summitry.errors import CallError
        from summitry.v1.error_reason_pb2 import ErrorReason
        from summitry.v1.transfer_service_pb2 import ImportWarning

        if not result.reason:
            warnings = tuple(_name(ImportWarning, warning) for warning in result.warnings)
            everything = self._args.warnings or self._args.output == "json"
            if everything or ALWAYS & set(warnings):
                self._report(Report(place, result.name, "", result.message, warnings))
            return
        self._failed += 1
        reason = _name(ErrorReason, result.reason)
        error = CallError(result.message, reason=reason, metadata={"field": result.field_path})
        self._report(Report(place, result.name, reason, describe(error)))

    def rest(self, response: ImportRecordsResponse) -> None:
        """Report how many more were refused than the server lists."""
        if more := response.failed - self._failed:
            self._report(
                Report("", "", "", f"{more} more were refused: fix these and import again")
            )

    def end(self, summary: Summary) -> None:
        """Print the totals."""
        if self._args.output == "json":
            from summitry.cli.output import print_json

            results = [
                {key: value for key, value in report._asdict().items() if value}
                for report in self._reports
            ]
            answer = {"dry_run": self._args.dry_run, **summary.counts}
            answer |= {"gone": summary.gone_count} if summary.gone_count else {}
            answer |= {"refusals": summary.refusals, "warnings": summary.warnings}
            print_json({**answer, "results": results})
            return
        prefix = dry_run_mark(self._args)
        counts = ", ".join(f"{summary.counts[outcome]} {outcome}" for outcome in OUTCOMES)
        ending = f", {summary.gone_count} gone ({self._args.gone})" if summary.gone_count else ""
        print(prefix + counts + ending)  # noqa: T201
        for heading, by_name in (("refused", summary.refusals), ("doubtful", summary.warnings)):
            if by_name:
                print(f"{heading}: " + ", ".join(f"{n} {name}" for name, n in by_name.items()))  # noqa: T201
        if sys.stderr.isatty():
            _complain(f"took {time.monotonic() - self._begun:.1f} s")

    def _report(self, report: Report) -> None:
        if self._args.output == "json":
            self._reports.append(report)
        else:
            _complain(report.line)


def _summary(response: ImportRecordsResponse, reporter: _Reporter) -> Summary:
    from summitry.v1.error_reason_pb2 import ErrorReason
    from summitry.v1.transfer_service_pb2 import ImportWarning

    counts = {outcome: getattr(response, outcome) for outcome in OUTCOMES}
    counts["failed"] += reporter.unread
    counts["unchanged"] += reporter.passed_over
    refusals = {_name(ErrorReason, entry.reason): entry.count for entry in response.refusals}
    warnings = {_name(ImportWarning, entry.warning): entry.count for entry in response.warnings}
    if reporter.unread:
        refusals[UNREADABLE] = reporter.unread
    if reporter.adjusted:
        warnings[ADJUSTED] = reporter.adjusted
    return Summary(counts, _by_count(refusals), _by_count(warnings), response.gone_count)


def _name(enum: Any, number: int) -> str:
    """Return the name of an enum value as scripts know it: "EDIT_KEPT"."""
    from summitry.cli.words import word

    return word(enum, number).replace("-", "_").upper()


def _by_count(counts: dict[str, int]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _complain(text: str) -> None:
    print(f"summitry: {text}", file=sys.stderr)  # noqa: T201
