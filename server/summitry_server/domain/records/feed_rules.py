"""Check that a feed is consistent in itself."""

from __future__ import annotations

import re
from collections.abc import Mapping

from summitry.kinds import EVENTFUL
from summitry.v1.error_reason_pb2 import ErrorReason
from summitry.v1.feed_pb2 import Feed
from summitry.v1.filter_pb2 import DateMatching
from summitry.v1.record_pb2 import RecordKind, Visibility
from summitry.visibility import PUBLIC
from summitry.zones import TzDb
from summitry_server.domain.search import agenda
from summitry_server.wire.ranges import LANGUAGE
from summitry_server.wire.refusals import SUBJECT, RefusedError, invalid

COLOR = re.compile(r"[a-z]{3,32}")
# The range of each number; 0 is allowed too, and means the default.
NUMBERS: Mapping[str, tuple[int, int]] = {
    "max_events": (1, 10_000),
    "max_bytes": (65_536, 16_777_216),
}
_KINDS = {0, *(int(kind.number) for kind in EVENTFUL)}


def check_feed(feed: Feed, path: str, db: TzDb) -> None:
    """Refuse a feed that contradicts itself. Raises RefusedError by the path of the field."""
    for index, tag in enumerate(feed.languages):
        if not LANGUAGE.fullmatch(tag):
            raise invalid(f"{path}.languages[{index}]", tag, "a BCP 47 tag such as fr or zh-Hans")
    if feed.color and not COLOR.fullmatch(feed.color):
        raise invalid(f"{path}.color", feed.color, "the name of a colour, as gold or steelblue")
    for name, (least, most) in NUMBERS.items():
        value = getattr(feed, name)
        if value and not least <= value <= most:
            raise invalid(f"{path}.{name}", value, f"0 or from {least} to {most}")
    for index, kind in enumerate(feed.filter.kinds):
        if kind not in _KINDS:
            raise invalid(f"{path}.filter.kinds[{index}]", RecordKind.Name(kind), "a kind of event")
    _check_windows(feed, path, db)


def _check_windows(feed: Feed, path: str, db: TzDb) -> None:
    if feed.HasField("fixed_window"):
        agenda.plan(feed.fixed_window, f"{path}.fixed_window", db)
    if not feed.HasField("window"):
        return
    window, path = feed.window, f"{path}.window"
    agenda.check_sliding(window, path, db)
    # Gateways count the days of all feeds alike, so that each event has one time to come and to go.
    if window.time_zone != "UTC":
        raise invalid(f"{path}.time_zone", window.time_zone, "UTC, in which feeds count days")
    if window.date_matching == DateMatching.DATE_MATCHING_BY_PLACE:
        raise invalid(f"{path}.date_matching", "BY_PLACE", "BY_LABEL, as in all feeds")


def check_openness(feed: Feed, path: str) -> None:
    """Refuse a feed that shows more than those who may read it may see. Raises FEED_TOO_OPEN.

    Apart from check_feed, since a new feed has its visibility from its calendar.
    """
    if feed.max_visibility in PUBLIC:
        return
    if feed.visibility not in PUBLIC and feed.max_visibility == Visibility.VISIBILITY_INTERNAL:
        return
    hint = (
        "give the feed itself another visibility than PUBLIC, so that it needs a token"
        if feed.visibility in PUBLIC
        else "at most INTERNAL records leave by an address"
    )
    raise RefusedError(
        ErrorReason.ERROR_REASON_FEED_TOO_OPEN,
        f"is too open: {hint}",
        f"{path}.max_visibility",
        lead=SUBJECT,
        value=Visibility.Name(feed.max_visibility),
    )
