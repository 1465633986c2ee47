"""Old names of the API, which work for one release after their change."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

RENAMED: Mapping[str, str] = {"act": "transition"}
"""The new name of each old one, of methods of the clients and of functions of `batch` alike."""


def find_renamed(owner: Any, label: str, name: str) -> Any:
    """Return the attribute of `owner` that an old name stands for; warn with the new name.

    Raises AttributeError for a name that has never been there. `label` is the owner's own name.
    """
    if name not in RENAMED:
        raise AttributeError(f"{label!r} has no attribute {name!r}", name=name, obj=owner)
    text = f"{label}.{name} is now {label}.{RENAMED[name]}; the next release drops the old name"
    warnings.warn(text, DeprecationWarning, stacklevel=3)
    return getattr(owner, RENAMED[name])


class RenamedMethods:
    """The old names of the methods of a client; type checkers know the new ones only."""

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """Return the method that has a new name."""
            return find_renamed(self, type(self).__name__, name)
