"""A linter for iCalendar files: faults that parsers accept and calendar apps stumble over.

Each rule is a function in one of the modules here. The table RULES gives it a name, a level and a
description. The level is ERROR where all readers get a violation wrong, WARNING where some do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import islice
from typing import NamedTuple

from summitry.ical.lint import events, octets, property_values, timezones
from summitry.ical.lint.document import Document, read
from summitry.ical.lint.octets import Violations
from summitry.zones import TzDb, default_database

__all__ = ["ERROR", "RULES", "WARNING", "Finding", "LintRule", "lint"]

ERROR, WARNING = "error", "warning"
MAX_FINDINGS = 100
"""The most findings of a rule that are reported."""


class LintRule(NamedTuple):
    """A rule. `check` yields the line and the text of each violation."""

    level: str  # ERROR or WARNING
    about: str  # the requirement, in a phrase
    check: Callable[[Document, TzDb], Violations]


class Finding(NamedTuple):
    """A violation of a rule. `line` is the number of a physical line of the file, from 1."""

    line: int
    level: str
    rule: str
    text: str


def _plain(check: Callable[[Document], Violations]) -> Callable[[Document, TzDb], Violations]:
    """Return a check that ignores the time zone database."""
    return lambda document, _: check(document)


RULES: Mapping[str, LintRule] = {
    "line-ends": LintRule(
        ERROR,
        "CRLF after every line, the last one too, and no empty lines.",
        _plain(octets.line_ends),
    ),
    "line-length": LintRule(ERROR, "No more than 75 octets in a line.", _plain(octets.line_length)),
    "utf-8": LintRule(
        ERROR, "UTF-8 in every line by itself, without a byte order mark.", _plain(octets.utf_8)
    ),
    "split-escape": LintRule(
        ERROR,
        "No fold between a backslash and what it escapes: readers that unfold late break there.",
        _plain(octets.split_escape),
    ),
    "controls": LintRule(ERROR, "No control characters but tabs.", _plain(octets.controls)),
    "content-line": LintRule(
        ERROR,
        "Lines that are content lines, and components that end.",
        _plain(octets.content_lines),
    ),
    "size": LintRule(WARNING, "No more than calendar apps take.", _plain(octets.size)),
    "value-type": LintRule(
        ERROR,
        "VALUE where the standards require it, and values of the type that is said.",
        _plain(property_values.value_types),
    ),
    "form": LintRule(
        ERROR,
        "Positions, durations and rules in their form, words of the list that RFC 5545 gives.",
        _plain(property_values.forms),
    ),
    "language": LintRule(
        ERROR,
        "Language tags as in RFC 5646: fr-FR, with a hyphen.",
        _plain(property_values.languages),
    ),
    "zone-or-utc": LintRule(
        ERROR,
        "A TZID or Z: of both, some apps take the one and some the other.",
        _plain(property_values.zones_or_utc),
    ),
    "uri": LintRule(
        ERROR,
        "URIs where they are due: an unquoted colon in a parameter leaves something else there.",
        _plain(property_values.uris),
    ),
    "escape": LintRule(
        ERROR,
        "Text in which commas, semicolons and backslashes are escaped (RFC 5545 section 3.3.11).",
        _plain(property_values.escapes),
    ),
    "html": LintRule(
        WARNING, "Plain text where apps show plain text.", _plain(property_values.html)
    ),
    "utc-stamp": LintRule(
        ERROR, "Stamps in UTC (RFC 5545 section 3.8.7).", _plain(property_values.utc_stamps)
    ),
    "sequence": LintRule(
        ERROR,
        "A revision number that fits into 31 bits: a timestamp does not.",
        _plain(property_values.sequence),
    ),
    "required": LintRule(
        ERROR, "What parsers, or strict ones, cannot do without.", _plain(events.required)
    ),
    "once": LintRule(
        ERROR,
        "Once what RFC 5545 section 3.6 admits once: of several, apps take the first or the last.",
        _plain(events.once),
    ),
    "same-type": LintRule(
        ERROR,
        "RECURRENCE-ID, EXDATE, RDATE and UNTIL as days where DTSTART is a day, else as hours.",
        _plain(events.same_types),
    ),
    "unique-uid": LintRule(
        ERROR,
        "One event for a UID and RECURRENCE-ID: of several, apps keep one.",
        _plain(events.unique_uids),
    ),
    "time-order": LintRule(
        ERROR,
        "DTEND after DTSTART, of the same type, or DURATION instead; days without a zone.",
        _plain(events.time_order),
    ),
    "floating": LintRule(
        ERROR,
        "Hours with a zone: without one, an app takes that of its reader, or UTC.",
        _plain(events.floating),
    ),
    "published": LintRule(
        ERROR,
        "METHOD:PUBLISH: an ORGANIZER in each event and no ATTENDEE (RFC 5546 section 3.2.1).",
        _plain(events.published),
    ),
    "refresh": LintRule(
        WARNING,
        "A hint how often to look again, where something is published.",
        _plain(events.refresh),
    ),
    "zone-declared": LintRule(ERROR, "A VTIMEZONE for each TZID.", timezones.declared),
    "zone-known": LintRule(
        ERROR,
        "IANA ids: by other names half of the readers find nothing, and take UTC or no zone.",
        timezones.iana_ids,
    ),
    "zone-onset": LintRule(
        ERROR, "Onsets as wall times, which have neither Z nor TZID.", timezones.local_onsets
    ),
    "zone-simple": LintRule(
        WARNING,
        "The form that Outlook understands: one STANDARD, or a pair with yearly rules.",
        timezones.simple,
    ),
    "zone-right": LintRule(
        ERROR,
        "Blocks that give the wall times of the file the offsets of the time zone database.",
        timezones.right,
    ),
    "import": LintRule(WARNING, "Events that `summitry import` reads whole.", events.unread),
}


def lint(data: bytes, *, zones: TzDb | None = None) -> list[Finding]:
    """Return the violations in a file, in the order of lines, at most 100 of each rule.

    `zones` is the database that TZIDs and offsets are compared with. No content of a file raises an
    exception.
    """
    database = zones or default_database()
    document = read(data)
    findings = [
        Finding(line, rule.level, name, text)
        for name, rule in RULES.items()
        for line, text in islice(rule.check(document, database), MAX_FINDINGS)
    ]
    return sorted(findings)
