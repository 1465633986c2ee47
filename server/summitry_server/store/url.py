"""Which store a URL names."""

from __future__ import annotations

import re
from pathlib import Path

MEMORY = "memory:"
FILE = "sqlite:///"
FORMS = "give memory: or sqlite:///PATH (sqlite:////PATH from the root)"

# What a path may not hold, though a file could have that name: it is meant for something else.
_REFUSED = (
    (r":memory:", "SQLite's name for memory is not taken: give memory:"),
    (r"\s.*|.*\s", "the path begins or ends with a space: remove it"),
    (r"~.*", "~ is not read as your home folder: write the path out"),
    (r".*[?#].*", "options after ? or # are not taken: give the path alone"),
    (r".*%[0-9A-Fa-f]{2}.*", "the path is not decoded: write %20 and the like as they are meant"),
    (r".*\$(\w|\{).*", "variables are not replaced: write the path out"),
    (r".*[\x00-\x1f\x7f].*", "the path has a control character: remove it"),
    (r"(.*/)?\.{0,2}", "the path is that of a folder: add the name of a file"),
    (r".*\.(head|lock)|.*-(wal|shm)", "a name with this end is kept beside a store: give another"),
)


def store_path(url: str) -> Path | None:
    """Return the path of a store in a file; None for one in memory.

    Raises ValueError, with the form to use, for anything else.
    """
    if url == MEMORY:
        return None
    path = url.removeprefix(FILE)
    if path == url or not path:
        raise ValueError(f"unknown store {url!r}: {FORMS}")
    for pattern, advice in _REFUSED:
        if re.fullmatch(pattern, path, re.DOTALL):
            raise ValueError(f"store {url!r}: {advice}; {FORMS}")
    return Path(path)
