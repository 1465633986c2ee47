"""`summitry watch` follows changes live; `summitry sync` prints those since its last run."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from summitry.cli import words
from summitry.cli.changes import RENDERERS
from summitry.cli.connection import connect
from summitry.cli.failures import DONE, UsageError
from summitry.cli.flags import add_filter_flags, add_window_flags, filter_of, window_of
from summitry.cli.parser import add_command

if TYPE_CHECKING:
    from summitry.client import Client
    from summitry.v1.change_service_pb2 import ChangeView
    from summitry.watching import Batch
    from summitry.watching.options import Break

_EXAMPLES = {
    "watch": """
summitry watch astana-2024
summitry watch astana-2024 --country KZ --kind summit,meeting --initial
summitry watch --past 7 --ahead 30 --zone Asia/Almaty --initial
summitry watch astana-2024 --token-file astana.token --output ndjson >> changes.ndjson
""",
    "sync": """
summitry sync astana-2024 --token-file astana.token
summitry sync astana-2024 --token-file astana.token --output ndjson >> changes.ndjson
""",
}


def configure(parser: argparse.ArgumentParser, name: str) -> None:
    """Fill the parser of one of the commands."""
    parser.add_argument(
        "calendar", nargs="?", default="-", metavar="CALENDAR", help="id (all calendars)"
    )
    live = name == "watch"
    text = (
        "file with the token to resume from, kept up to date"
        if live
        else "file that keeps the position between runs"
    )
    parser.add_argument("--token-file", default="", required=not live, metavar="FILE", help=text)
    if live:
        parser.add_argument(
            "--initial",
            action="store_true",
            help="without a token, print the present records first",
        )
    parser.add_argument("--output", choices=sorted(RENDERERS), default="table")
    parser.add_argument(
        "--public", action="store_true", help="only records that are public at the time"
    )
    add_window_flags(parser)
    group = parser.add_argument_group("when, relative to today (instead of --from and --to)")
    group.add_argument("--past", type=int, default=None, metavar="DAYS", help="days before today")
    group.add_argument("--ahead", type=int, default=None, metavar="DAYS", help="days after today")
    add_filter_flags(parser, kinds=True)
    add_command(parser, _watch if live else _sync, _EXAMPLES[name])


def _watch(args: argparse.Namespace) -> int:
    from summitry.watching import TokenFile

    notes = _Notes(args)
    options: Any = {"initial": args.initial, "on_break": notes.report_break}
    options["changed_paths"] = True
    if args.token_file:
        options["token_store"] = TokenFile(args.token_file)
    with connect(args) as client:
        watch = client.watch(_view(args), **options)
        fresh = args.initial and not watch.token
        _show(client, args, notes.follow(watch.batches()), fresh)
    return DONE


def _sync(args: argparse.Namespace) -> int:
    from summitry.watching import TokenFile

    with connect(args) as client:
        store = TokenFile(args.token_file)
        sync = client.sync(_view(args), token_store=store, changed_paths=True)
        _show(client, args, sync.batches(), not sync.token)
    return DONE


def _view(args: argparse.Namespace) -> ChangeView:
    from summitry.v1.change_service_pb2 import ChangeView
    from summitry.v1.filter_pb2 import DateMatching, MatchCertainty

    is_sliding = args.past is not None or args.ahead is not None
    if is_sliding and (args.first or args.last):
        raise UsageError("--past and --ahead are relative to today: leave out --from and --to")
    zone = args.zone or words.local_zone()
    possible, by_place = args.possible, args.by_place
    if is_sliding:
        args.possible = args.by_place = False
    view = ChangeView(
        parent=f"calendars/{args.calendar.removeprefix('calendars/')}",
        filter=filter_of(args),
        window=window_of(args, zone),
        public_only=args.public,
    )
    if is_sliding:
        sliding = view.sliding
        sliding.days_before, sliding.days_after = args.past or 0, args.ahead or 0
        sliding.time_zone = zone
        if possible:
            sliding.matching = MatchCertainty.MATCH_CERTAINTY_POSSIBLE
        if by_place:
            sliding.date_matching = DateMatching.DATE_MATCHING_BY_PLACE
    return view


class _Notes:
    """Notes on stderr beside the changes: the start, lost connections, and reconnections."""

    def __init__(self, args: argparse.Namespace) -> None:
        self._args = args
        self._connected = False
        self._broken: float | None = None

    def report_break(self, broken: Break) -> None:
        """Report a lost connection once. Raises the error if no connection was ever made."""
        if not self._connected:
            raise broken.error
        if self._broken is None:
            self._broken = time.monotonic()
            self._tell(f"{self._args.server} connection lost ({broken.error}): reconnecting")

    def follow(self, batches: Iterable[Batch]) -> Iterator[Batch]:
        """Yield the batches, and report when the connection is made or made again."""
        for batch in batches:
            if not self._connected:
                self._tell(f"following {self._args.server}; press Ctrl-C to stop")
            elif self._broken is not None:
                self._tell(
                    f"reconnected after {time.monotonic() - self._broken:.1f} s; nothing was missed"
                )
            self._connected, self._broken = True, None
            yield batch

    def _tell(self, text: str) -> None:
        print(f"summitry: {words.clean(text)}", file=sys.stderr, flush=True)  # noqa: T201


def _show(client: Client, args: argparse.Namespace, batches: Iterable[Batch], fresh: bool) -> None:
    """Print batches. Each is flushed before its token is saved, so a crash loses none."""
    args.language = args.language or words.local_language()
    show = RENDERERS[args.output](client, args)
    for batch in batches:
        show(batch, fresh)
        sys.stdout.flush()
        fresh = fresh and not batch.caught_up
