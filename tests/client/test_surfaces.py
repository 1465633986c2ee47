"""Both clients have the same methods: the synchronous client is generated from the other."""

from __future__ import annotations

import inspect
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from summitry import AsyncClient, Client, batch
from summitry._calls.aio import agenda as aio_agenda
from summitry._calls.aio import time_zones as aio_time_zones
from summitry._calls.renamed import RENAMED
from summitry._calls.sync import agenda, time_zones
from summitry.kinds import KINDS
from summitry.v1.summit_pb2 import Summit

ROOT = Path(__file__).resolve().parents[2]
PAIRS = {
    "client": (Client, AsyncClient),
    "audit": (time_zones.Audit, aio_time_zones.AsyncAudit),
    "meeting windows": (agenda.MeetingWindows, aio_agenda.AsyncMeetingWindows),
}
OF_ITERATORS = {"__aiter__": "__iter__", "__anext__": "__next__"}
OF_CONTEXTS = {"__aenter__": "__enter__", "__aexit__": "__exit__"}


def public_members(owner: type) -> dict[str, Any]:
    """Return the public methods of a class and those of the protocols of `with` and `for`."""
    protocols = {**OF_ITERATORS, **OF_CONTEXTS}
    members = {protocols.get(name, name): getattr(owner, name) for name in dir(owner)}
    public = {*protocols.values(), "__init__"}
    return {
        name: member
        for name, member in members.items()
        if name in public or not name.startswith("_")
    }


def surface(member: Any) -> tuple[Any, ...]:
    """Return names, kinds and defaults of the parameters of a method, and its docstring."""
    parameters = inspect.signature(member).parameters.values()
    return [(p.name, p.kind, p.default) for p in parameters], member.__doc__


@pytest.mark.parametrize(("sync", "aio"), PAIRS.values(), ids=PAIRS)
def test_both_clients_have_the_same_methods(sync: type, aio: type) -> None:
    expected = {name: surface(member) for name, member in public_members(aio).items()}
    assert {name: surface(member) for name, member in public_members(sync).items()} == expected


def test_no_method_of_the_client_for_threads_is_a_coroutine() -> None:
    for name, member in public_members(Client).items():
        assert not inspect.iscoroutinefunction(member), name
        assert not inspect.isasyncgenfunction(member), name


def test_every_public_method_has_a_docstring() -> None:
    members = public_members(AsyncClient)
    assert not [name for name in members if name[0] != "_" and not members[name].__doc__]


def test_the_client_for_threads_is_as_it_is_written(tmp_path: Path) -> None:
    """Run `make sync-client` if this fails."""
    pytest.importorskip("ruff")
    code = f"import pathlib, write_sync_client as w; w.write(pathlib.Path({str(tmp_path)!r}))"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT / "tools")
    folder = ROOT / "client" / "summitry" / "_calls" / "sync"
    modules = {path.name: path.read_text() for path in folder.glob("*.py")}
    del modules["__init__.py"]
    assert modules == {path.name: path.read_text() for path in tmp_path.glob("*.py")}


@pytest.mark.parametrize("old", RENAMED)
@pytest.mark.parametrize("client", [Client, AsyncClient])
def test_old_names_of_methods_warn_and_work(client: type, old: str) -> None:
    instance = client.__new__(client)
    with pytest.warns(DeprecationWarning, match=f"{client.__name__}.{old} is now"):
        assert getattr(instance, old) == getattr(instance, RENAMED[old])
    with pytest.raises(AttributeError, match="no attribute 'lits'"):
        instance.lits  # noqa: B018


def test_old_names_of_batch_warn_and_work() -> None:
    with pytest.warns(DeprecationWarning, match=r"batch\.act is now batch\.transition"):
        assert batch.act is batch.transition  # type: ignore[attr-defined]
    with pytest.raises(AttributeError, match="no attribute 'lits'"):
        batch.lits  # type: ignore[attr-defined]  # noqa: B018


def test_collections_are_given_by_name_or_message() -> None:
    from summitry._calls.requests.records import list_page

    assert list_page(Summit) == list_page("summits")
    assert {list_page(kind.collection).answer for kind in KINDS} == {k.collection for k in KINDS}
