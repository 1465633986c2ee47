"""Tokens that cannot be followed: told, and followed by the difference; never a silent wipe."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

ALL = {"parent": "calendars/c"}
SUMMITS = {**ALL, "filter": {"kinds": ["RECORD_KIND_SUMMIT"]}}
NAME = "calendars/c/summits/"


def fill(api: Any) -> None:
    """Four summits: one stays, one changes, one is deleted, one is new."""
    for id in ("stays", "changes", "deleted"):
        api.create("summits", id)


def change(api: Any) -> None:
    api("UpdateSummit", summit={"name": NAME + "changes", "series": "x"})
    api("DeleteSummit", name=NAME + "deleted")
    api.create("summits", "new")


def etags_of(api: Any) -> dict[str, str]:
    listed = api("ListSummits", parent="calendars/c", page_size=1000)
    return {summit.name: summit.etag for summit in listed.summits}


DIFFERENCE = ["RESET", "UPSERT changes", "DELETE deleted", "UPSERT new", "CAUGHT_UP"]
WHOLE = ["RESET", "UPSERT changes", "UPSERT new", "UPSERT stays", "CAUGHT_UP"]


@pytest.mark.parametrize("engine", ["memory", "sqlite"])
def test_older_than_the_log(engine: str, start: Any, tmp_path: Path, world: Any) -> None:
    store = "memory:" if engine == "memory" else f"sqlite:///{tmp_path}/s.db"
    here = world(start("--http", "off", "--store", store))
    fill(here.api)
    first = here.watch(view=SUMMITS)
    first.until("CAUGHT_UP")
    had = etags_of(here.api)
    change(here.api)
    here.service.application._store.compact(here.api.revision())
    again = here.watch(view=SUMMITS, token=first.token, held=had).until("CAUGHT_UP")
    assert here.rows_of(again) == DIFFERENCE
    assert here.reason(again[0]) == "CHANGES_GONE"
    assert again[0].earliest_revision == here.api.revision()
    assert again[2].header.revision == here.api.revision()
    bare = here.watch(view=SUMMITS, token=first.token).until("CAUGHT_UP")
    assert here.rows_of(bare) == WHOLE, (
        "without what is held all is sent; nothing is said of the rest"
    )


def test_not_older_than_the_log_by_one(service: Any, world: Any) -> None:
    """etcd 19179 and 20221: at the edge of what is kept nothing is missed."""
    here = world(service)
    fill(here.api)
    first = here.watch(view=SUMMITS)
    first.until("CAUGHT_UP")
    revision = here.api.revision()
    change(here.api)
    service.application._store.compact(revision + 1)
    again = here.watch(view=SUMMITS, token=first.token).until("CAUGHT_UP")
    assert here.rows_of(again) == ["UPSERT changes", "DELETE deleted", "UPSERT new", "CAUGHT_UP"]
    service.application._store.compact(revision + 2)
    again = here.watch(view=SUMMITS, token=first.token).until("CAUGHT_UP")
    assert here.rows_of(again)[0] == "RESET"


def test_of_another_view(service: Any, world: Any) -> None:
    here = world(service)
    fill(here.api)
    here.api.create("calendars", "other")
    elsewhere = here.watch(view={"parent": "calendars/-"})
    elsewhere.until("CAUGHT_UP")
    had = {**etags_of(here.api), "calendars/other": here.api("ListCalendars").calendars[1].etag}
    change(here.api)
    again = here.watch(view=SUMMITS, token=elsewhere.token, held=had).until("CAUGHT_UP")
    assert here.reason(again[0]) == "OTHER_VIEW"
    assert sorted(here.rows_of(again)) == sorted([*DIFFERENCE, "LEFT_VIEW other"])
    refusal = here.api.refusal("ListChanges", view=SUMMITS, token=elsewhere.token)
    assert refusal.reason == "INVALID_CHANGE_TOKEN"


def test_difference_that_was_interrupted_is_sent_from_its_beginning(
    service: Any, world: Any
) -> None:
    """A client that loses the stream within a difference cannot know what was left out of it."""
    here = world(service)
    fill(here.api)
    first = here.watch(view=ALL)
    first.until("CAUGHT_UP")
    had = etags_of(here.api)
    change(here.api)
    for number in range(150):
        here.api.create("summits", f"s{number:03}")
    cut = here.watch(view=SUMMITS, token=first.token, held=had)
    cut.until("RESET")
    cut.next()
    cut.close()
    had = etags_of(here.api)
    del had[NAME + "s007"]
    had[NAME + "deleted"] = had[NAME + "never"] = "gone"
    again = here.watch(view=SUMMITS, token=cut.token, held=had).until("CAUGHT_UP")
    assert here.rows_of(again) == [
        "RESET",
        "DELETE deleted",
        "DELETE never",
        "UPSERT s007",
        "CAUGHT_UP",
    ]
    assert here.reason(again[0]) == "OTHER_VIEW"
    assert again[1].changes.changes[0].record.summit.HasField("delete_time"), "the tombstone"
    assert not again[1].changes.changes[1].HasField("record"), "of this the store knows nothing"
    refusal = here.api.refusal("ListChanges", view=SUMMITS, token=cut.token)
    assert refusal.reason == "INVALID_CHANGE_TOKEN", "as that of another view was"


def test_initial_state_omits_records_with_a_known_etag(service: Any, world: Any) -> None:
    here = world(service)
    fill(here.api)
    had = etags_of(here.api)
    change(here.api)
    messages = here.watch(view=SUMMITS, initial={}, held=had).until("CAUGHT_UP")
    assert here.rows_of(messages) == DIFFERENCE[1:]


class Files(NamedTuple):
    """A store that is stopped, and started again as something happened to its file."""

    path: Path
    token: str
    had: dict[str, str]


def restored(files: Files) -> None:
    """Restore a copy that is given a new id, as a restore does."""
    with sqlite3.connect(files.path) as connection:
        connection.execute("UPDATE clock SET epoch = 'another'")


def behind(files: Files) -> None:
    """Put back an earlier copy by hand."""
    shutil.copy(files.path.with_suffix(".copy"), files.path)


@pytest.mark.parametrize(
    ("happens", "reason"),
    [(restored, "STORE_RESTORED"), (behind, "STORE_RESTORED")],
    ids=["restored", "behind"],
)
def test_token_of_a_replaced_store_starts_anew(
    start: Any, tmp_path: Path, world: Any, happens: Callable[[Files], None], reason: str
) -> None:
    path = tmp_path / "s.db"
    options = ("--http", "off", "--store", f"sqlite:///{path}", "--grace", "30")
    here = world(start(*options))
    fill(here.api)
    here.stop()
    shutil.copy(path, path.with_suffix(".copy"))
    here = world(start(*options), calendar=False)
    here.api.create("summits", "lost")
    first = here.watch(view=SUMMITS)
    first.until("CAUGHT_UP")
    had = etags_of(here.api)
    here.stop()
    happens(Files(path, first.token, had))
    here = world(start(*options), calendar=False)
    refusal = here.api.refusal("ListChanges", view=SUMMITS, token=first.token)
    assert refusal.reason == "CHANGES_GONE"
    again = here.watch(view=SUMMITS, token=first.token, held=had).until("CAUGHT_UP")
    assert here.reason(again[0]) == reason
    deletions = ["DELETE lost"] if happens is behind else []
    assert here.rows_of(again) == ["RESET", *deletions, "CAUGHT_UP"]


def foreign(start: Any, world: Any, token: str) -> str:
    other_world = world(start("--http", "off"))
    stream = other_world.watch(view=SUMMITS)
    stream.until("CAUGHT_UP")
    return str(stream.token)


FORGED: dict[str, Callable[[Any, Any, str], str]] = {
    "of another server": foreign,
    "one letter changed": lambda start, world, token: ("B" if token[0] == "A" else "A") + token[1:],
    "cut": lambda start, world, token: token[:-4],
    "longer": lambda start, world, token: token + "AAAA",
    "no base64": lambda start, world, token: "ключ",
    "empty content": lambda start, world, token: token[:22],
    "of a page": lambda start, world, token: world.page_token,
}


@pytest.mark.parametrize("forge", FORGED.values(), ids=FORGED)
def test_not_of_this_store(start: Any, world: Any, forge: Any) -> None:
    here = world(start("--http", "off"))
    fill(here.api)
    page = here.api("ListSummits", parent="calendars/c", page_size=1)
    world.page_token = page.next_page_token
    stream = here.watch(view=SUMMITS)
    stream.until("CAUGHT_UP")
    token = forge(start, world, stream.token)
    for refusal in (
        here.watch(view=SUMMITS, token=token, held=etags_of(here.api)).refusal(),
        here.api.refusal("ListChanges", view=SUMMITS, token=token),
    ):
        assert (refusal.code, refusal.reason) == ("INVALID_ARGUMENT", "INVALID_CHANGE_TOKEN")
        assert refusal.field == "token"


def test_tokens_serve_lists_and_watches_alike(service: Any, world: Any) -> None:
    here = world(service)
    fill(here.api)
    stream = here.watch(view=SUMMITS)
    stream.until("CAUGHT_UP")
    change(here.api)
    page = here.api("ListChanges", view=SUMMITS, token=stream.token, page_size=1)
    assert [c.name for c in page.changes] == [NAME + "changes"]
    rest = here.watch(view=SUMMITS, token=page.next_token).until("CAUGHT_UP")
    assert here.rows_of(rest) == ["DELETE deleted", "UPSERT new", "CAUGHT_UP"]
