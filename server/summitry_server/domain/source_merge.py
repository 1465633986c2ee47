"""Merge a new import of a source into a record that a desk may have edited since the last one.

It is a three-way merge of the values at the last import (of which the record has digests), the
values that the source has now, and the stored values. A value is a field, the text of `titles` or
`summaries` in one language, or a label, so that a French title which a desk added survives a new
English title of the source. Values that the source did not change stay as they are. Values that it
changed are taken, unless a desk changed them too: then the edit stays, with a warning
(docs/decisions/0020).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any, NamedTuple, TypeAlias

from summitry.formats.json_form import to_json
from summitry.ical.reading.versions import LABELS
from summitry.kinds import Record
from summitry_server.domain.records.entry_digests import (
    set_value_digests,
    value_digests,
    was_gone,
)
from summitry_server.domain.records.masks import clear_output

# Not merged: keys and stamps, and `original`, which is taken with the values.
_NO_VALUES = frozenset({"name", "ical_uid", "etag", "original", "source_digests"})
# What is set where the source no longer has a record.
_CANCELLATION = frozenset({"status", "status_text"})
_BY_LANGUAGE = frozenset({"titles", "summaries"})
_DIGEST = 8  # bytes
_MAX_DISPLAYED = 100  # characters of a value in a warning

Path: TypeAlias = tuple[str, str | None]
"""A field, and the language or key of a value in it; None for the whole field."""
Values: TypeAlias = dict[Path, Any]


class KeptEdit(NamedTuple):
    """A value that both a desk and the source changed: the edit of the desk is kept."""

    path: str
    source: str  # the value of the source, shortened


class Merged(NamedTuple):
    """A record with the changes of its source, and the edits that were kept instead."""

    record: Record
    kept_edits: list[KeptEdit]


def is_from_source(record: Record) -> bool:
    """Return whether a record to import comes from an outside source.

    Such a record has the original entry of the source, or the version labels of a calendar file
    (the later days of an event there have no entry of their own). A record from an export of ours
    has a revision or etag; it counts as an edit, since a desk may have changed it in the file.
    """
    stored = bool(record.revision or record.etag)
    return not stored and bool(record.original or any(label in record.labels for label in LABELS))


def digests_of(record: Record) -> dict[str, str]:
    """Return the digest of each value of a prepared record, by its path."""
    return {_text(path): _digest(value) for path, value in _values(record).items()}


def merge_source(old: Record, sent: Record, *, merge: bool) -> Merged:
    """Return the stored record with what its source changed since its last import.

    `sent` is the record of the source now. It must have been prepared (records.records.prepare) as
    `old` was, since that fills in derived values. With `merge`, values that the source no longer
    has stay. The result has to be prepared again.
    """
    digests_before = value_digests(old)
    if not digests_before and sent.original and sent.original == old.original:
        # From an import before there were digests, and unchanged since.
        return Merged(deepcopy(old), [])
    source_values = _values(sent)
    digests = {_text(path): _digest(value) for path, value in source_values.items()}
    if digests == digests_before and sent.original == old.original:
        return Merged(deepcopy(old), [])  # the usual case: the source has not changed
    result, kept_edits = deepcopy(old), list[KeptEdit]()
    present, had_digests = _values(old), bool(digests_before)
    for path in _paths(old, source_values, merge=merge):
        now, before = digests.get(_text(path), ""), digests_before.get(_text(path), "")
        edited = _digest(present.get(path)) not in (before, now)
        if now == before:
            continue
        if edited and had_digests:
            kept_edits.append(KeptEdit(_text(path), _display_value(sent, path)))
            continue
        _set_value(result, path, source_values.get(path))
        digests_before[_text(path)] = now
    result.original = sent.original or ("" if not merge else old.original)
    set_value_digests(result, digests_before)
    return Merged(result, kept_edits)


def keep_digest(record: Record, old: Record, path: str) -> None:
    """Restore the digest of a value of the source that was not taken, in place.

    The next import then finds the value changed again.
    """
    record.source_digests.pop(path, None)
    if path in old.source_digests:
        record.source_digests[path] = old.source_digests[path]


def _paths(old: Record, source_values: Values, *, merge: bool) -> Iterator[Path]:
    """Yield the field paths that the source states, without `merge` also those it stated before.

    A record that is back in its source is no longer cancelled, with `merge` too.
    """
    yield from source_values
    former = {text for text in value_digests(old) if not merge or text in _CANCELLATION}
    if not merge or was_gone(old):
        texts = {_text(path) for path in source_values}
        yield from (_path(text) for text in sorted(former - texts))


def _values(record: Record) -> Values:
    bare: Any = deepcopy(record)
    clear_output(bare)
    return {
        path: value
        for field, content in bare.ListFields()
        if field.name not in _NO_VALUES
        for path, value in _values_of(field.name, content)
    }


def _values_of(name: str, content: Any) -> Iterator[tuple[Path, Any]]:
    if isinstance(content, Mapping):
        yield from (((name, key), content[key]) for key in sorted(content))
    elif name in _BY_LANGUAGE:
        tags = dict.fromkeys(text.language_code for text in content)
        for tag in tags:
            yield (name, tag), [text for text in content if text.language_code == tag]
    else:
        yield (name, None), content


def _set_value(record: Any, path: Path, value: Any) -> None:
    """Set a value of a record, in place; None removes it."""
    name, key = path
    field = getattr(record, name, None)
    if key is None:
        record.ClearField(name)
        if value is not None:
            _set_field(record, name, value)
    elif isinstance(field, Mapping):
        field.pop(key, None)  # type: ignore[attr-defined]  # a map of protobuf can be changed
        if value is not None:
            field[key] = value  # type: ignore[index]
    else:
        texts = _replaced([*getattr(record, name)], key, value or [])
        record.ClearField(name)
        getattr(record, name).extend(texts)


def _set_field(record: Any, name: str, value: Any) -> None:
    field = getattr(record, name)
    if hasattr(field, "CopyFrom"):
        field.CopyFrom(value)
    elif hasattr(field, "extend"):
        field.extend(value)
    else:
        setattr(record, name, value)


def _replaced(texts: list[Any], tag: str, new: list[Any]) -> list[Any]:
    """Return texts with those of a language replaced, at the place of the first or at the end."""
    places = [place for place, text in enumerate(texts) if text.language_code == tag]
    at = places[0] if places else len(texts)
    rest = [text for text in texts if text.language_code != tag]
    return [*rest[:at], *new, *rest[at:]]


def _digest(value: Any) -> str:
    """Return a digest of a value; "" for None."""
    if value is None:
        return ""
    data = repr(_plain(value)).encode()
    return hashlib.blake2b(data, digest_size=_DIGEST).hexdigest()


def _plain(value: Any) -> Any:
    if hasattr(value, "SerializeToString"):
        return value.SerializeToString(deterministic=True)
    if isinstance(value, str | int | float | bool):
        return value
    return [_plain(part) for part in value]


def _text(path: Path) -> str:
    name, key = path
    return name if key is None else f"{name}[{key}]"


def _path(text: str) -> Path:
    name, bracket, key = text.partition("[")
    return (name, key.removesuffix("]")) if bracket else (name, None)


def _display_value(record: Record, path: Path) -> str:
    """Return the value under a path as a short text for people."""
    name, key = path
    value = to_json(record).get(name)
    if key is not None:
        texts = value.items() if isinstance(value, dict) else map(_tagged, value or ())
        value = ", ".join(text for tag, text in texts if tag == key)
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    displayed = text if value else "nothing"
    return displayed if len(displayed) <= _MAX_DISPLAYED else f"{displayed[:_MAX_DISPLAYED]}..."


def _tagged(text: Mapping[str, str]) -> tuple[str, str]:
    return text.get("language_code", ""), text.get("text", "")
