"""The version of the renderer: a digest of all that its bytes depend on beside records."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

from summitry.declarations import facts_of
from summitry.ical.languages import CATALOGUE
from summitry.kinds import KINDS

_ROOT = Path(__file__).parents[1]
# The modules that rendering imports, as patterns below the package. A test holds them to the
# import graph, so that a helper which moves elsewhere is not forgotten.
SOURCES = (
    *("ical/*.py", "locale/*.py", "zones/*.py"),
    *("declarations.py", "kinds.py", "nearest.py", "standing.py", "statuses.py"),
    "time_fields.py",
)


@lru_cache(maxsize=1)
def renderer_version() -> str:
    """Return a version that changes whenever the bytes for the same records may change.

    It is part of every entity tag. A change of a comment changes it too: readers then load a feed
    once more than they need to, which is cheaper than a version that somebody forgets to raise.
    """
    digest = hashlib.blake2b(CATALOGUE.digest(), digest_size=6)
    for kind in KINDS:
        for field, label in facts_of(kind.message.DESCRIPTOR):
            digest.update(f"{field.full_name}\0{label}\0".encode())
    for pattern in SOURCES:
        for path in sorted(_ROOT.glob(pattern)):
            digest.update(f"{path.relative_to(_ROOT).as_posix()}\0".encode() + path.read_bytes())
    return digest.hexdigest()
