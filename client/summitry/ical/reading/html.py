"""HTML in texts that should be plain, as Google and Outlook write it, and its text.

Not `html.parser`: on texts that are made for it, it takes time in proportion to the square of their
length.
"""

from __future__ import annotations

import html
import re

from summitry.ical.text import clean

_KNOWN_TAG = re.compile(
    r"</?(?:a|b|br|div|em|html|i|li|p|span|strong|table|ul)\b[^<>]{0,200}>", re.IGNORECASE
)
_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9]*+|!--|!DOCTYPE)([^<>]*+)>", re.IGNORECASE)
_BREAKS = frozenset(
    {"br", "div", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "table", "tr", "ul"}
)
_HIDDEN = frozenset({"head", "script", "style", "title"})
_ADDRESS = re.compile(r"""\bhref[ ]*=[ ]*["']?(https?://[^"'\s]++)""", re.IGNORECASE)


def is_html(text: str) -> bool:
    """Return whether a text has a tag that plain text would not have."""
    return _KNOWN_TAG.search(text) is not None


def to_text(text: str) -> str:
    """Return the text of HTML: blocks in lines of their own, the address of a link in brackets."""
    parts: list[str] = []
    hidden = address = ""
    end = 0
    for match in _TAG.finditer(text):
        if not hidden:
            parts.append(html.unescape(text[end : match.start()]))
        end = match.end()
        is_end, name = bool(match[1]), match[2].lower()
        if name in _HIDDEN:
            hidden = "" if is_end and name == hidden else hidden or ("" if is_end else name)
        elif name in _BREAKS:
            parts.append("\n")
        elif name == "a":
            parts.append(f" ({address})" if is_end and address else "")
            href = None if is_end else _ADDRESS.search(match[3])
            address = html.unescape(href[1]) if href else ""
    if not hidden:
        parts.append(html.unescape(text[end:]))
    lines = (" ".join(line.split()) for line in clean("".join(parts)).split("\n"))
    return "\n".join(filter(None, lines))
