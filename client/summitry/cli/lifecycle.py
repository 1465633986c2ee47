"""`summitry confirm|postpone|reschedule|move|cancel|reinstate`: the lifecycle of an event."""

from __future__ import annotations

import argparse
from functools import partial
from typing import Any, NamedTuple

from summitry.cli.connection import connect
from summitry.cli.failures import DONE, UsageError
from summitry.cli.flags import enum_value, resource_name
from summitry.cli.parser import add_command
from summitry.cli.recordflags import add_place_flags, place_of
from summitry.cli.timeflags import add_time_flags, time_of
from summitry.cli.writing import add_dry_run_flag, print_write

_NAME = "astana-2024/summits/sco-24"
_EXAMPLES = {
    "confirm": f"""
summitry confirm {_NAME}
summitry confirm {_NAME} --reason "note of the secretariat" --on 2024-05-17 --source secretariat
""",
    "postpone": f"""
summitry postpone {_NAME} --reason "the host asked for it"
summitry postpone {_NAME} --reason "the pandemic" --on 2020-03 --output json
""",
    "reschedule": f"""
summitry reschedule {_NAME} --from 2024-07-10 --to 2024-07-11 --reason "another summit"
summitry reschedule {_NAME} --start 2024-07-04T11:00 --zone Asia/Almaty
summitry reschedule {_NAME} --partial 2022-23 --reason "in the autumn, no day yet"
""",
    "move": f"""
summitry move {_NAME} --place Madrid --country ES --reason "the host withdrew"
summitry move {_NAME} --place Madrid --country ES --zone Europe/Madrid --from 2019-12-02
""",
    "cancel": f"""
summitry cancel {_NAME} --reason "unrest in the city" --on 2019-10-30
summitry cancel {_NAME} --status withdrawn-by-host
""",
    "reinstate": f"""
summitry reinstate {_NAME} --reason "announced by mistake"
summitry reinstate {_NAME} --from 2024-07-10 --to 2024-07-11 --status confirmed
""",
}


class _Verb(NamedTuple):
    """The flags of a verb beside name and reason, and the participle that reports success."""

    done: str
    time: bool = False
    place: bool = False
    statuses: str = ""


_VERBS = {
    "confirm": _Verb("confirmed"),
    "postpone": _Verb("postponed"),
    "reschedule": _Verb("rescheduled", time=True),
    "move": _Verb("moved", time=True, place=True),
    "cancel": _Verb("cancelled", statuses="cancelled (default), withdrawn-by-host, not-held"),
    "reinstate": _Verb("reinstated", time=True, statuses="status to return to (the former one)"),
}


def configure(parser: argparse.ArgumentParser, name: str) -> None:
    """Fill the parser of one verb."""
    verb = _VERBS[name]
    parser.add_argument("name", metavar="NAME", help=f"CALENDAR/KIND/ID, such as {_NAME}")
    group = parser.add_argument_group("why")
    group.add_argument(
        "--reason", default="", metavar="TEXT", help="reason, in the words of the decision"
    )
    group.add_argument("--on", default="", metavar="DATE", help="day of the decision (EDTF)")
    group.add_argument(
        "--source", default="", metavar="ID", help="id of the record's source for the decision"
    )
    if verb.place:
        add_place_flags(parser.add_argument_group("the new place"))
    if verb.time:
        add_time_flags(parser.add_argument_group("the new time"))
    if verb.statuses:
        parser.add_argument("--status", default="", help=verb.statuses)
    parser.add_argument("--etag", default="", help="change only this version")
    add_dry_run_flag(parser)
    parser.add_argument("--output", choices=("json", "name", "table", "yaml"), default="table")
    add_command(parser, partial(_run, name), _EXAMPLES[name])


def _run(verb: str, args: argparse.Namespace) -> int:
    from summitry.cli import words
    from summitry.cli.detail import print_record
    from summitry.v1.record_pb2 import VerbNote

    note = VerbNote(reason=args.reason, action_date=args.on, source_id=args.source)
    facts, name, etag = _facts(verb, args), resource_name(args.name), args.etag
    with connect(args) as client:
        if "places" in facts and not (args.place or args.country):
            present = client.get(name)
            facts["places"], etag = _other_venue(present, facts["places"]), etag or present.etag
        record = client.transition(verb, name, note, etag=etag, validate_only=args.dry_run, **facts)
    if args.output == "name":
        print_write(_VERBS[verb].done, record, args)
    else:
        print_record(record, args.output, args.language or words.local_language())
    return DONE


def _other_venue(record: Any, places: list[Any]) -> list[Any]:
    """Return the places of a record with a new venue in its main town, which stays the same."""
    if not record.places:
        return places
    present = list(record.places)
    for field in ("id", "venues", "position", "source_text"):  # those of the former venue
        present[0].ClearField(field)
    present[0].venues.extend(places[0].venues)
    return present


def _facts(verb: str, args: argparse.Namespace) -> dict[str, Any]:
    """Return time, places and status from the flags. Raises UsageError for a missing one."""
    takes, facts = _VERBS[verb], dict[str, Any]()
    if takes.time:
        facts["time"] = time_of(args)
        if verb == "reschedule" and facts["time"] is None:
            raise UsageError(
                "the new time is missing: give --from and --to, --start and --end, or --partial; "
                "`summitry postpone` postpones without a date"
            )
    if takes.place:
        place = place_of(args)
        if place is None:
            raise UsageError(
                "the new place is missing: give --place TOWN, --venue NAME or --country CODE"
            )
        facts["places"] = [place]
    if takes.statuses and args.status:
        from summitry.v1.event_status_pb2 import EventStatus

        facts["status"] = enum_value(EventStatus, args.status)
    return facts
