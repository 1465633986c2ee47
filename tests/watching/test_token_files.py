"""Storage of tokens and views: files, and the time at which they are written."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import Any

import pytest

from summitry import Client, Summit, TokenFile, View
from summitry.watching import token_files

CALENDAR = "calendars/c"


def test_a_token_file_is_a_line(tmp_path: Path) -> None:
    path = tmp_path / "c.token"
    store = TokenFile(path)
    assert store.load() == ""
    store.save("abc")
    assert path.read_text() == "abc\n"
    assert TokenFile(path).load() == "abc"
    assert os.listdir(tmp_path) == ["c.token"]


def test_a_failed_write_leaves_the_old_token(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "c.token"
    TokenFile(path).save("old")

    def fail(number: int) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(token_files.os, "fsync", fail)
    with pytest.raises(OSError, match="no space"):
        TokenFile(path).save("new")
    assert path.read_text() == "old\n"
    assert os.listdir(tmp_path) == ["c.token"]


def test_token_file_keeps_its_link_and_mode(tmp_path: Path) -> None:
    file, link = tmp_path / "c.token", tmp_path / "link"
    file.write_text("old\n")
    file.chmod(0o600)
    link.symlink_to(file)
    TokenFile(link).save("new")
    assert link.is_symlink() and file.read_text() == "new\n"
    assert file.stat().st_mode & 0o777 == 0o600


def test_the_same_token_is_written_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    writes: list[bytes] = []
    monkeypatch.setattr(token_files, "write_file", lambda path, data: writes.append(data))
    store = TokenFile(tmp_path / "c.token")
    for token in ("a", "a", "b"):
        store.save(token)
    assert writes == [b"a\n", b"b\n"]


def test_a_token_is_kept_when_the_consumer_is_done(client: Client, tmp_path: Path) -> None:
    """A consumer that dies while it handles a batch gets the batch again."""
    store = TokenFile(tmp_path / "c.token")
    for _ in client.sync(CALENDAR, token_store=store):
        """Take what there is."""
    before = store.load()
    client.create(Summit(), CALENDAR, "s")
    with pytest.raises(ZeroDivisionError):
        for _ in client.sync(CALENDAR, token_store=store):
            raise ZeroDivisionError
    assert TokenFile(tmp_path / "c.token").load() == before
    (change,) = client.sync(CALENDAR, token_store=TokenFile(tmp_path / "c.token"))
    assert change.name == f"{CALENDAR}/summits/s"
    assert list(client.sync(CALENDAR, token_store=TokenFile(tmp_path / "c.token"))) == []


def test_a_watch_goes_on_from_the_token_of_a_sync(client: Client, tmp_path: Path) -> None:
    store = TokenFile(tmp_path / "c.token")
    list(client.sync(CALENDAR, token_store=store))
    client.create(Summit(), CALENDAR, "s")
    with client.watch(CALENDAR, token_store=store) as watch:
        assert next(iter(watch)).name == f"{CALENDAR}/summits/s"


def test_a_view_is_a_mapping_of_records(client: Client) -> None:
    view = View()
    list(client.sync(CALENDAR, view=view))
    born = client.create(Summit(series="sco"), CALENDAR, "s")
    assert born.name not in view
    (change,) = client.sync(CALENDAR, view=view)
    assert view[change.name] == born
    assert sorted(view) == [CALENDAR, born.name]
    assert view.etags()[born.name] == born.etag
    assert view.revision == client.header.revision
    client.delete(born.name)
    list(client.sync(CALENDAR, view=view))
    assert list(view) == [CALENDAR]


def test_a_view_in_a_file_goes_on_where_it_was(client: Client, tmp_path: Path) -> None:
    path = tmp_path / "view"
    view = View.read(path)
    assert (len(view), view.token, view.revision) == (0, "", 0)
    client.create(Summit(), CALENDAR, "s")
    list(client.sync(CALENDAR, view=view))
    view.write(path)
    client.create(Summit(), CALENDAR, "t")
    again = View.read(path)
    assert (dict(again), again.token, again.revision) == (dict(view), view.token, view.revision)
    assert [change.name for change in client.sync(CALENDAR, view=again)] == [
        f"{CALENDAR}/summits/t"
    ]


def test_view_waits_for_a_revision(client: Client) -> None:
    view = View()
    with client.watch(CALENDAR, view=view) as watch:
        reader = threading.Thread(target=lambda: [None for _ in watch], daemon=True)
        reader.start()
        for number in range(5):
            born = client.create(Summit(edition=number), CALENDAR)
            assert view.wait_for(client.header.revision, timeout=60)
            assert view[born.name] == born
        assert not view.wait_for(client.header.revision + 1, timeout=0.01)
    reader.join()


def test_view_ignores_a_token_file(client: Client, tmp_path: Path) -> None:
    """A file that has outlived the view it belonged to would leave a hole in it."""
    store: Any = TokenFile(tmp_path / "c.token")
    list(client.sync(CALENDAR, token_store=store))
    view = View()
    list(client.sync(CALENDAR, token_store=store, view=view))
    assert list(view) == [CALENDAR]
