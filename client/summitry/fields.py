"""Records as protobuf JSON while they are made from what others wrote."""

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
    """A text made fit for ids: `[a-z0-9][a-z0-9-]{0,62}`.

    What does not fit the length, or leaves nothing, gets a part of its SHA-256, so that two
    texts that begin alike do not become one id.
    """
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    fit = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    if fit and len(fit) <= ID_LENGTH:
        return fit
    digest = hashlib.sha256(text.encode()).hexdigest()[:_HASH_LENGTH]
    return f"{fit[: ID_LENGTH - _HASH_LENGTH - 1]}-{digest}".lstrip("-")


def without_empty(record: Mapping[str, Any]) -> Fields:
    """The fields that say something; false and zero are the defaults of protobuf as well."""
    return {key: value for key, value in record.items() if value}
