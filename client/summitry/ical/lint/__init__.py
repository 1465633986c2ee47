"""What parsers do not tell of an iCalendar file, and calendar apps stumble over.

Each rule is a function; the table names it, and says whether a break of it is an error, which
readers get wrong, or a warning, which some of them get wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import islice
from typing import NamedTuple

from summitry.ical.lint import events, imports, octets, timezones, values
from summitry.ical.lint.octets import Found
from summitry.ical.lint.reading import Document, read
from summitry.zones import TzDb, default_database

__all__ = ["ERROR", "RULES", "WARNING", "Finding", "Rule", "lint"]

ERROR, WARNING = "error", "warning"
MOST = 100
"""Findings of each rule; what is beyond is left out."""


class Rule(NamedTuple):
    """A rule: how bad a break of it is, and what finds one."""

    level: str
    check: Callable[[Document, TzDb], Found]

    @property
    def about(self) -> str:
        """What the rule asks for."""
        return (self.check.__doc__ or "").partition("\n")[0]


class Finding(NamedTuple):
    """A break of a rule. `line` is a physical line of the file, from 1."""

    line: int
    level: str
    rule: str
    text: str


def _plain(check: Callable[[Document], Found]) -> Callable[[Document, TzDb], Found]:
    def with_database(document: Document, _: TzDb) -> Found:
        return check(document)

    with_database.__doc__ = check.__doc__
    return with_database


RULES: Mapping[str, Rule] = {
    "line-ends": Rule(ERROR, _plain(octets.line_ends)),
    "line-length": Rule(ERROR, _plain(octets.line_length)),
    "utf-8": Rule(ERROR, _plain(octets.utf_8)),
    "split-escape": Rule(ERROR, _plain(octets.split_escape)),
    "controls": Rule(ERROR, _plain(octets.controls)),
    "content-line": Rule(ERROR, _plain(octets.content_lines)),
    "size": Rule(WARNING, _plain(octets.size)),
    "value-type": Rule(ERROR, _plain(values.value_types)),
    "form": Rule(ERROR, _plain(values.forms)),
    "language": Rule(ERROR, _plain(values.languages)),
    "zone-or-utc": Rule(ERROR, _plain(values.zones_or_utc)),
    "uri": Rule(ERROR, _plain(values.uris)),
    "escape": Rule(ERROR, _plain(values.escapes)),
    "html": Rule(WARNING, _plain(values.html)),
    "utc-stamp": Rule(ERROR, _plain(values.utc_stamps)),
    "sequence": Rule(ERROR, _plain(values.sequence)),
    "required": Rule(ERROR, _plain(events.required)),
    "once": Rule(ERROR, _plain(events.once)),
    "same-type": Rule(ERROR, _plain(events.same_types)),
    "unique-uid": Rule(ERROR, _plain(events.unique_uids)),
    "time-order": Rule(ERROR, _plain(events.time_order)),
    "floating": Rule(ERROR, _plain(events.floating)),
    "published": Rule(ERROR, _plain(events.published)),
    "refresh": Rule(WARNING, _plain(events.refresh)),
    "zone-declared": Rule(ERROR, timezones.declared),
    "zone-known": Rule(ERROR, timezones.known),
    "zone-onset": Rule(ERROR, timezones.local_onsets),
    "zone-simple": Rule(WARNING, timezones.simple),
    "zone-right": Rule(ERROR, timezones.right),
    "import": Rule(WARNING, imports.unread),
}


def lint(data: bytes, *, zones: TzDb | None = None) -> list[Finding]:
    """The breaks of the rules, 100 of each at most, in the order of their lines.

    `zones` is the database that TZIDs and offsets are compared with. Nothing is raised for the
    content of a file, whatever it is.
    """
    database = zones or default_database()
    document = read(data)
    found = [
        Finding(line, rule.level, name, text)
        for name, rule in RULES.items()
        for line, text in islice(rule.check(document, database), MOST)
    ]
    return sorted(found)
