"""Records as protobuf JSON, while readers build them from foreign formats."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Mapping
from typing import Any

Fields = dict[str, Any]
"""A record, or a part of one, as protobuf JSON."""

ID_LENGTH = 63
_HASH_LENGTH = 8


def identifier(text: str) -> str:
    """Turn a text into an id: `[a-z0-9][a-z0-9-]{0,62}`.

    A text that is too long, or has no usable character, gets a part of its SHA-256, so that two
    long texts with the same beginning have different ids.
    """
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    fit = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    if fit and len(fit) <= ID_LENGTH:
        return fit
    digest = hashlib.sha256(text.encode()).hexdigest()[:_HASH_LENGTH]
    return f"{fit[: ID_LENGTH - _HASH_LENGTH - 1]}-{digest}".lstrip("-")


def without_empty(record: Mapping[str, Any]) -> Fields:
    """Return the fields with a value; false and zero are left out, as protobuf's defaults."""
    return {key: value for key, value in record.items() if value}
