"""The list of feeds, as a small page for people."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape

from summitry.feeds.source import FeedListing

_HOST = re.compile(r"[A-Za-z0-9.\-]{1,253}(?::[0-9]{1,5})?|\[[0-9a-fA-F:.]{2,45}\](?::[0-9]{1,5})?")

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Calendars</title>
<style>
body {{ font: 1.1rem/1.5 system-ui, sans-serif; max-width: 42rem; margin: 2rem auto }}
li {{ margin: .8rem 0 }}
</style>
</head>
<body>
<main>
<h1>Calendars</h1>
<p>Subscribe, and your calendar app keeps itself up to date.</p>
{list}
</main>
</body>
</html>
"""


def render_page(listings: Iterable[FeedListing], host: str) -> bytes:
    """The page. Its links need the host that the reader used; a doubtful one is dropped."""
    known = host if _HOST.fullmatch(host) else ""
    items = "\n".join(_item(listing, known) for listing in listings)
    return _PAGE.format(
        list=f"<ul>\n{items}\n</ul>" if items else "<p>There is no public calendar yet.</p>"
    ).encode()


def _item(listing: FeedListing, host: str) -> str:
    path = escape(listing.path)
    title = escape(listing.title or listing.calendar_id)
    address = f"webcal://{host}{path}" if host else path
    return (
        f'<li><a href="{escape(address)}">Subscribe to {title}</a>'
        f' (<a href="{path}" aria-label="File of {title}">file</a>)</li>'
    )
