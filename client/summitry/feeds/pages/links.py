"""Subscribe links, one for each kind of calendar app.

Google takes a webcal address, Outlook on the web an https one; the apps of Apple, Mozilla and GNOME
open webcal by themselves. "webcals" is never used: iOS does not know it.
"""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import quote, urlencode

_HOST = re.compile(r"[A-Za-z0-9.\-]{1,253}(?::[0-9]{1,5})?|\[[0-9a-fA-F:.]{2,45}\](?::[0-9]{1,5})?")

GOOGLE = "https://calendar.google.com/calendar/r"
OUTLOOK = "https://outlook.live.com/calendar/0/addfromweb"
OFFICE = "https://outlook.office.com/calendar/0/addfromweb"


class Links(NamedTuple):
    """Addresses of one feed."""

    file: str  # http or https, or a path where the host is doubtful
    webcal: str
    google: str
    outlook: str
    office: str


def links_of(path: str, title: str, host: str, scheme: str) -> Links:
    """The links of the feed at a path. `host` is what the reader's browser asked for.

    Without a host that can be one, they are all the path itself.
    """
    if _HOST.fullmatch(host) is None:
        return Links(path, path, "", "", "")
    address = f"{host}{quote(path)}"
    file, webcal = f"{scheme}://{address}", f"webcal://{address}"
    web = urlencode({"url": file, "name": title})
    return Links(
        file=file,
        webcal=webcal,
        google=f"{GOOGLE}?{urlencode({'cid': webcal})}",
        outlook=f"{OUTLOOK}?{web}",
        office=f"{OFFICE}?{web}",
    )
