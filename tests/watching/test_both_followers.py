"""The followers of both clients: the same methods, and the same steps except where threads wait."""

from __future__ import annotations

import ast
import inspect
from types import ModuleType

import pytest
from tools.write_sync_client import translate

from summitry.watching import aio, streams

# How a call is opened, read and waited for is another for threads and for tasks: the tests of
# watching run each of these against a server.
OF_THREADS = {"Watch": {"__init__", "_open", "_receive", "_pause"}, "Sync": set[str]()}
# A task closes the generator that it stops to read; for threads `for` does.
ITERATION = "__iter__"


def methods(text: str, owner: str) -> dict[str, ast.FunctionDef]:
    """Return the methods of a class by name."""
    classes = (node for node in ast.parse(text).body if isinstance(node, ast.ClassDef))
    (definition,) = (node for node in classes if node.name == owner)
    return {node.name: node for node in definition.body if isinstance(node, ast.FunctionDef)}


def steps(method: ast.FunctionDef) -> str:
    """Return the body of a method without its docstring."""
    begin = 1 if ast.get_docstring(method) else 0
    return "\n".join(ast.dump(step) for step in method.body[begin:])


def source(module: ModuleType) -> str:
    return inspect.getsource(module)


@pytest.mark.parametrize("owner", OF_THREADS)
def test_followers_have_the_same_methods_and_parameters(owner: str) -> None:
    of_tasks = methods(translate(source(aio)), owner)
    of_threads = methods(source(streams), owner)
    assert {name: ast.dump(method.args) for name, method in of_tasks.items()} == {
        name: ast.dump(method.args) for name, method in of_threads.items()
    }


@pytest.mark.parametrize("owner", OF_THREADS)
def test_followers_take_the_same_steps(owner: str) -> None:
    of_tasks = methods(translate(source(aio)), owner)
    of_threads = methods(source(streams), owner)
    compared = {*of_threads} - OF_THREADS[owner] - {ITERATION}
    assert compared >= {"batches", "token"}
    for name in compared:
        assert steps(of_tasks[name]) == steps(of_threads[name]), name
