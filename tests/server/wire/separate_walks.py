"""The rules on the fields of records, each in a walk of its own: what the one walk is held against.

Written without plans, caches or parts. Each function asks for the fields of every message, and
passes paths down.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from summitry.declarations import is_searchable
from summitry.v1.error_reason_pb2 import ErrorReason
from summitry.zones import UnknownRegionError, parse_region
from summitry_server.domain.records.consistency import DATED, FORMS, check_edtf
from summitry_server.domain.records.masks import output_only
from summitry_server.domain.search.facets import FACET_MAKERS, SKIPPED
from summitry_server.domain.search.folding import fold
from summitry_server.wire import limits
from summitry_server.wire.ranges import CODES, RANGES
from summitry_server.wire.refusals import ALONE, SUBJECT, RefusedError, invalid

Reason = ErrorReason


def parts(message: Any) -> Iterator[tuple[Any, str, Any]]:
    """Yield (field, "name" or "name[index]", message) of the messages directly in a message."""
    for field, value in message.ListFields():
        if field.message_type is None or field.message_type.GetOptions().map_entry:
            continue
        if not field.is_repeated:
            yield field, field.name, value
        for index, part in enumerate(value if field.is_repeated else ()):
            yield field, f"{field.name}[{index}]", part


def join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def check_limits(message: Any, path: str, inherited: limits.Text | None = None) -> None:
    check_range(message, path)
    settle_codes(message, path)
    for field, value in message.ListFields():
        here = join(path, field.name)
        if field.is_repeated and len(value) > (most := limits.count_limit(field)):
            detail = f"may have {most} entries, this has {len(value)}"
            raise refusal(Reason.ERROR_REASON_TOO_MANY_VALUES, detail, here, most, len(value))
        if limits.key_of(field) in limits.SINGLY:
            continue
        text = inherited or limits.TEXTS.get(limits.key_of(field), limits.DEFAULT_TEXT)
        if isinstance(value, Mapping):
            for key, entry in value.items():
                check_text(key, limits.DEFAULT_TEXT, here)
                check_text(entry, text, f"{here}[{key}]")
        elif field.is_repeated:
            for index, entry in enumerate(value):
                check_value(field, entry, f"{here}[{index}]", text)
        else:
            check_value(field, value, here, text)


def check_range(message: Any, path: str) -> None:
    if check := RANGES.get(message.DESCRIPTOR.full_name):
        try:
            check(message, None)
        except RefusedError as error:
            error.path = f"{path}{error.path}"
            raise


def settle_codes(message: Any, path: str) -> None:
    name = CODES.get(message.DESCRIPTOR.full_name)
    value = getattr(message, name) if name else []
    if isinstance(value, str):
        setattr(message, name, settled(value, join(path, name)))
    else:
        for index, code in enumerate(value):
            value[index] = settled(code, join(path, f"{name}[{index}]"))


def settled(code: str, path: str) -> str:
    try:
        return parse_region(code) if code else ""
    except UnknownRegionError as error:
        nearest, reason = ", ".join(error.suggestions), Reason.ERROR_REASON_INVALID_VALUE
        raise RefusedError(reason, str(error), path, value=code, suggestions=nearest) from error


def check_value(field: Any, value: Any, path: str, text: limits.Text) -> None:
    if isinstance(value, str):
        check_text(value, text, path)
    elif field.message_type is not None:
        localized = field.message_type.full_name == "google.type.LocalizedText"
        check_limits(value, path, text if localized else None)
    elif field.enum_type is not None and value not in field.enum_type.values_by_number:
        reason, detail = (
            Reason.ERROR_REASON_INVALID_VALUE,
            f"{value} is not a value of {field.enum_type.name}",
        )
        raise RefusedError(reason, detail, path, lead=ALONE, value=value)


def check_text(value: str, text: limits.Text, path: str) -> None:
    if (length := len(value)) > text.length:
        detail = f"may have {text.length} characters, this has {length}"
        raise refusal(Reason.ERROR_REASON_TEXT_TOO_LONG, detail, path, text.length, length)
    if match := text.forbidden.search(value):
        code = f"U+{ord(match[0]):04X}"
        reason = Reason.ERROR_REASON_FORBIDDEN_CHARACTER
        detail = f"has the character {code} at {match.start()}: take it out"
        raise RefusedError(reason, detail, path, lead=SUBJECT, value=code)


def refusal(reason: Reason, detail: str, path: str, limit: int, length: int) -> RefusedError:
    return RefusedError(reason, detail, path, lead=SUBJECT, limit=limit, length=length)


def clear_output(message: Any) -> None:
    for name in output_only(message.DESCRIPTOR):
        message.ClearField(name)
    for _, _, part in parts(message):
        clear_output(part)


def check_forms(message: Any, path: str) -> None:
    owner = message.DESCRIPTOR.full_name
    for field, value in message.ListFields():
        here = join(path, field.name)
        if form := FORMS.get((owner, field.name)):
            if not form[0].fullmatch(value):
                raise invalid(here, value, form[1])
        elif owner in DATED and field.name in ("first_date", "last_date"):
            check_edtf(value, here)
        for inner, name, part in parts(message):
            if inner is field:
                check_forms(part, join(path, name))


def walk(message: Any) -> Iterator[Any]:
    yield message
    for field, _, part in parts(message):
        if field.name not in SKIPPED:
            yield from walk(part)


def facets(record: Any) -> set[str]:
    return {
        facet
        for message in walk(record)
        if message.DESCRIPTOR.full_name in FACET_MAKERS
        for facet in FACET_MAKERS[message.DESCRIPTOR.full_name](message)
    }


def texts(record: Any) -> set[str]:
    """Return the folded searchable texts of a record."""
    return {
        fold(text)
        for message in walk(record)
        for field, value in message.ListFields()
        if is_searchable(field)
        for text in (value if field.is_repeated else (value,))
    }
