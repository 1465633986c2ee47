"""The texts of the pages in all languages; the English ones stand here."""

from __future__ import annotations

from collections.abc import Mapping

from summitry.locale import LANGUAGES, Catalogue

NAMES = ("English", "Français", "Русский", "中文", "Español", "العربية")
RIGHT_TO_LEFT = frozenset({"ar"})

MESSAGES: Mapping[str, str] = {
    "calendars": "Calendars",
    "calendar": "Calendar",
    "lead": "Summits, official visits and delegations, at their local time. Subscribe once, and"
    " your calendar app keeps itself up to date.",
    "no-calendar": "There is no public calendar yet.",
    "nothing": "No events in this period.",
    "bounded": "A subscription has the latest {0} of {1} events; this page has them all.",
    "agenda": "Agenda",
    "month": "Month",
    "timeline": "Timeline",
    "views": "Views",
    "languages": "Languages",
    "time-zone": "Time zone",
    "place-time": "local time at the venue",
    "zone": "Show times in (default: local time at the venue)",
    "show": "Show",
    "subscribe": "Subscribe",
    "apps": "Apple, Thunderbird, Evolution",
    "address": "Address",
    "copy": "Copy",
    "copied": "Copied",
    "details": "Details",
    "undated": "Date to be confirmed",
    "programme": "Programme as a timeline",
    "whole": "The whole calendar",
    "table": "Show as a table",
    "when": "When",
    "what": "What",
    "where": "Where",
    "kind": "Kind",
    "today": "today",
    "all-day": "all day",
    "skip": "Skip to the content",
    "tz-data": "time zone data {0}",
    "colon": "{0}: {1}",
    "no-page": "Page not found",
    "no-page-reason": "There is no page at this address. Check that it is complete.",
    "no-calendar-reason": "There is no public calendar or feed at this address. It may have been"
    " renamed or withdrawn.",
    "bad-choice": "This page cannot be shown in that way",
    "choice-one-of": "{0} must be one of: {1}",
    "choice-month": "{0} must be a month such as {1}, of the years {2} to {3}",
    "choice-id": "{0} must be the id of a summit or visit",
    "choice-anchor": "{0} must name an event as pages do: {1}",
    "choice-zone": "{0} is not a time zone; give one such as {1}",
    "choice-similar-zone": "{0} is not a time zone; did you mean {1}?",
    "choice-twice": "{0} is given twice; give it once",
    "choice-length": "the query is longer than {0} bytes",
    "unavailable": "Not available now",
    "unavailable-reason": "The server cannot read the calendars now. Try again in a minute.",
    "no-secret-reason": "There is no feed at this address. Check that it is complete.",
    "revoked": "This address is no longer valid",
    "revoked-reason": "Ask the person who gave it to you for a new one.",
    "too-many": "Too many wrong addresses",
    "too-many-reason": "Try again in {0} seconds.",
    "all-calendars": "All calendars",
    "without-choices": "Show the page without these choices",
    "try-again": "Try again",
}

# Texts with a number: a singular and a plural.
PLURALS: Mapping[str, tuple[str, str]] = {
    "more": ("{0} more", "{0} more"),
    "left-out": (
        "The picture shows the first {1}; {0} more is in the agenda.",
        "The picture shows the first {1}; {0} more are in the agenda.",
    ),
}

NOTES: Mapping[str, str] = {
    "colon": "{0} is a label, {1} what it labels.",
    "agenda": "The view that lists events by day.",
    "tz-data": "{0} is a release of the time zone database, such as 2026a.",
    "bad-choice": "A heading: the address asks for something that the page does not offer.",
    "choice-one-of": "{0} is a parameter of the address, such as view; {1} lists its values.",
    "choice-month": "{0} is a parameter of the address, {1} an example, {2} and {3} are years.",
    "choice-id": "{0} is a parameter of the address.",
    "choice-anchor": "{0} is a parameter of the address, {1} an example such as meeting-plenary.",
    "choice-zone": "{0} is what the reader wrote, {1} an example such as Europe/Paris.",
    "choice-similar-zone": "{0} is what the reader wrote, {1} a zone such as Asia/Almaty.",
    "choice-twice": "{0} is a parameter of the address.",
    "choice-length": "The query is the part of an address after the question mark.",
    "revoked-reason": "The address is that of a private feed, which was given to one reader.",
    "too-many": "A heading: the reader has asked for many private feeds that do not exist.",
    "bounded": "{0} and {1} are numbers.",
    "more": "Events of a day that the month has no room for.",
    "left-out": "{0} is the number of events that the picture leaves out, {1} of those it shows.",
}

CATALOGUE = Catalogue("pages", MESSAGES, PLURALS, NOTES)


def words(language: str) -> Mapping[str, str]:
    """Return all texts without a plural in one of LANGUAGES. Raises ValueError for another."""
    if language not in LANGUAGES:
        raise ValueError(f"there are no texts in {language!r}; the languages are {LANGUAGES}")
    return CATALOGUE.texts(language)
