"""Subscribe links, one for each kind of calendar app.

Google takes a webcal address, Outlook on the web an https one; the apps of Apple, Mozilla and GNOME
open webcal by themselves. "webcals" is never used: iOS does not know it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import quote, urlencode

from summitry.ical.languages import lookup
from summitry.locale import LANGUAGES
from summitry.web.content.source import FeedListing

GOOGLE = "https://calendar.google.com/calendar/r"
OUTLOOK = "https://outlook.live.com/calendar/0/addfromweb"
OFFICE = "https://outlook.office.com/calendar/0/addfromweb"


class Links(NamedTuple):
    """Addresses of one feed."""

    file: str  # http or https, or a path if the address of this server is not known
    webcal: str
    google: str
    outlook: str
    office: str


def links_of(listing: FeedListing, title: str, origin: str, language: str) -> Links:
    """Return the links of a feed, in the language that the reader chose where it is offered.

    `language` is "" for a reader who chose none. `origin` is the address of this server; without
    one the links are the path alone.
    """
    target = f"{quote(listing.path)}{_query(listing.languages or LANGUAGES, language)}"
    if not origin:
        return Links(target, target, "", "", "")
    file, webcal = f"{origin}{target}", f"webcal://{origin.partition('://')[2]}{target}"
    web = urlencode({"url": file, "name": title})
    return Links(
        file=file,
        webcal=webcal,
        google=f"{GOOGLE}?{urlencode({'cid': webcal})}",
        outlook=f"{OUTLOOK}?{web}",
        office=f"{OFFICE}?{web}",
    )


def _query(offered: Sequence[str], language: str) -> str:
    """Return the query that asks for a language; empty for the default, or if none is offered."""
    index = lookup(language, offered) if language else None
    return f"?{urlencode({'lang': offered[index]})}" if index else ""
