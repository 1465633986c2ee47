"""The tables of errors, limits and options are complete, and agree with protos and docs."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from summitry import zones
from summitry.v1.error_reason_pb2 import ErrorReason
from summitry_server.config import OPTIONS
from summitry_server.domain.time.times import REASONS
from summitry_server.store import errors as store_errors
from summitry_server.wire import limits
from summitry_server.wire.reasons import CODES, RETRY_SECONDS, STORE_ERRORS
from tests import api

ROOT = Path(__file__).resolve().parents[2]


def leaves(cls: type) -> Iterator[type]:
    for sub in cls.__subclasses__():
        yield from leaves(sub)
    if not cls.__subclasses__():
        yield cls


@pytest.fixture(scope="session", name="comments")
def comments_of_protos() -> dict[str, str]:
    return api.comments()


def test_every_reason_has_a_code() -> None:
    assert set(CODES) == {r for r in ErrorReason.values() if r}


@pytest.mark.parametrize("reason", sorted(CODES), ids=lambda r: ErrorReason.Name(r)[13:])
def test_comment_states_the_status_code(reason: int, comments: dict[str, str]) -> None:
    comment = comments[f"summitry.v1.{ErrorReason.Name(reason)}"]
    assert comment.startswith(f"{CODES[reason].name}. ")  # type: ignore[index]
    assert comment.endswith("}"), "an example of the metadata stands with each reason"


def test_every_error_of_zones_has_a_reason() -> None:
    ours = {zones.ZoneDataError}  # a broken database is a fault of the server, no one else's
    assert set(leaves(zones.ZoneError)) - ours - set(REASONS) == set()


def test_every_error_of_storage_has_a_reason() -> None:
    assert set(leaves(store_errors.StoreError)) == set(STORE_ERRORS)


@pytest.mark.parametrize("field", sorted(limits.COUNTS))
def test_comment_states_the_count_limit(field: str, comments: dict[str, str]) -> None:
    stated = re.search(
        r"[Aa]t most ([\d,]+)\b(?! (?:KiB|characters))", _count_part(comments[field])
    )
    assert stated, comments[field]
    assert int(stated[1].replace(",", "")) == limits.COUNTS[field]


def _count_part(comment: str) -> str:
    """Comments of texts in lists name two limits; the count is the last one without a unit."""
    return comment[comment.rfind("t most") - 1 :]


@pytest.mark.parametrize(
    ("field", "stated"),
    [
        ("summitry.v1.RecordHeader.summaries", "each at most 16 KiB"),
        ("summitry.v1.RecordHeader.original", "at most 64 KiB"),
        ("summitry.v1.RecordHeader.ical_uid", "at most 255 characters"),
        ("summitry.v1.RecordHeader.labels", "values at most 255 characters"),
        ("summitry.v1.Link.url", "at most 2 KiB"),
        ("summitry.v1.Source.url", "at most 2 KiB"),
        ("summitry.v1.Filter.text", "At most 255 characters"),
    ],
)
def test_comment_states_the_length_limit(field: str, stated: str, comments: dict[str, str]) -> None:
    assert stated in comments[field]
    number, unit = re.findall(r"(\d+) (KiB|characters)", stated)[0]
    assert limits.TEXTS[field].length == int(number) * (limits.KIB if unit == "KiB" else 1)


@pytest.mark.parametrize("field", sorted({*limits.COUNTS, *limits.TEXTS}))
def test_limits_name_fields_that_exist(field: str, comments: dict[str, str]) -> None:
    assert field in comments


def errors_page(comments: dict[str, str]) -> str:
    rows = []
    for reason, code in CODES.items():
        name = ErrorReason.Name(reason)
        text = comments[f"summitry.v1.{name}"].removeprefix(f"{code.name}. ")
        meaning, brace, example = text.partition("{")
        delay = f"{RETRY_SECONDS[reason]} s" if reason in RETRY_SECONDS else ""
        rows.append(
            f"| `{name[13:]}` | `{code.name}` | {delay} | {meaning.strip()} | `{brace}{example}` |"
        )
    return "\n".join([*ERRORS_HEAD, *sorted(rows), ""])


ERRORS_HEAD = (
    "# Errors",
    "",
    "Every error carries `google.rpc.ErrorInfo` with domain `summitry`, one reason of this table and",
    "metadata (AIP-193). Where a field of the request is at fault, `google.rpc.BadRequest` names it, and so",
    'does the metadata under `field`. Where the same request may succeed later, "retry after" is the delay in',
    "`google.rpc.RetryInfo`; without it a retry of the same request does not help. A watch that is cut ahead of its",
    "messages has room for a text alone, which begins with the reason.",
    "",
    "Nothing of a refused request is stored. Requests over 8 MiB are refused by gRPC itself, with",
    "`RESOURCE_EXHAUSTED` and no reason. A fault of ours is `INTERNAL` with the id under which the log has it.",
    "",
    "| reason | status code | retry after | meaning | example of the metadata |",
    "|---|---|---|---|---|",
)


def options_page() -> str:
    rows = [
        f"| `--{option.name}{' ' + option.shape if option.shape else ''}` | `{option.variable}` "
        f"| `{option.default}` | {option.help} |"
        for option in OPTIONS
    ]
    former = [f"`--{o.former_name}` is now `--{o.name}`" for o in OPTIONS if o.former_name]
    note = f"Former names are read for one more release: {', '.join(former)}."
    return "\n".join([*OPTIONS_HEAD, *rows, "", note, ""])


OPTIONS_HEAD = (
    "# Configuration",
    "",
    "Options of `summitry-server serve`. A flag wins over its environment variable, which wins over the default.",
    "Switches take no value on the command line; in the environment they are `yes` or `no`.",
    "",
    "| flag | environment | default | meaning |",
    "|---|---|---|---|",
)


def test_docs_list_every_reason(comments: dict[str, str]) -> None:
    matches("errors.md", errors_page(comments))


def test_docs_list_every_option() -> None:
    matches("configuration.md", options_page())


def matches(name: str, expected: str) -> None:
    """Compare a generated page of docs/; SUMMITRY_GOLDEN=1 writes it anew."""
    path = ROOT / "docs" / name
    if os.environ.get("SUMMITRY_GOLDEN") == "1":
        path.write_text(expected, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == expected
