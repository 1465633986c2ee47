"""Rules for the tests themselves: each can fail, ends, and gives the same result every time.

Each rule is a function from a syntax tree to the lines at fault, and is tried on a sample of its fault.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
CLOCKS = {"monotonic", "perf_counter", "process_time", "thread_time", "time"}
LONGEST_SLEEP = 0.5
"""Seconds. More is not a step of a loop that waits, but a guess at how long something takes."""
Rule = Callable[[ast.Module], Iterator[int]]


def calls(tree: ast.AST) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def named_tests(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith(
            "test_"
        ):
            yield node


def last_name(call: ast.Call) -> str:
    """Return the name of what is called, without what stands before its last dot."""
    return ast.unparse(call.func).rpartition(".")[2]


def checks(function: ast.AST) -> bool:
    """Return whether a function asserts something itself."""
    return any(isinstance(node, ast.Assert) for node in ast.walk(function)) or any(
        last_name(call) in ("raises", "fail", "AssertionError") for call in calls(function)
    )


@cache
def trees() -> dict[Path, ast.Module]:
    """Return the syntax trees of all tests and fixtures, not of programs that they start."""
    paths = sorted([*TESTS.rglob("test_*.py"), *TESTS.rglob("conftest.py")])
    return {path: ast.parse(path.read_text("utf-8")) for path in paths}


@cache
def checking_names() -> frozenset[str]:
    """Return the names of all functions, methods and fixtures that assert something."""
    helpers = [ast.parse(path.read_text("utf-8")) for path in TESTS.glob("*.py")]
    functions = [
        node
        for tree in [*trees().values(), *helpers]
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    return frozenset(function.name for function in functions if checks(function))


def without_assertion(tree: ast.Module) -> Iterator[int]:
    """Yield each test that asserts nothing, nor calls what does."""
    for function in named_tests(tree):
        names = {last_name(call) for call in calls(function)}
        names |= {argument.arg for argument in function.args.args}
        if not checks(function) and not names & checking_names():
            yield function.lineno


def long_sleep(tree: ast.Module) -> Iterator[int]:
    for call in calls(tree):
        seconds = call.args[0] if last_name(call) == "sleep" and call.args else None
        if isinstance(seconds, ast.Constant) and float(str(seconds.value)) > LONGEST_SLEEP:
            yield call.lineno


def chance_without_seed(tree: ast.Module) -> Iterator[int]:
    for call in calls(tree):
        text = ast.unparse(call.func)
        if text.startswith("random.") and (text != "random.Random" or not call.args):
            yield call.lineno


def elapsed_time(tree: ast.Module) -> Iterator[int]:
    """Yield each assertion that reads a clock of the machine."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assert):
            clocks = {f"time.{clock}" for clock in CLOCKS}
            if any(ast.unparse(call.func) in clocks for call in calls(node)):
                yield node.lineno


def types_of_two_results(tree: ast.Module) -> Iterator[int]:
    """Yield each comparison of nothing but the types of two results."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            if all(isinstance(side, ast.Call) and last_name(side) == "type" for side in sides):
                yield node.lineno


def thread_outlives_test(tree: ast.Module) -> Iterator[int]:
    """Yield each thread that is not a daemon: it would keep a run from ending after a failure."""
    for call in calls(tree):
        arguments = {keyword.arg for keyword in call.keywords}
        if ast.unparse(call.func) in ("threading.Thread", "Thread") and "daemon" not in arguments:
            yield call.lineno


RULES: dict[Rule, str] = {
    without_assertion: "def test_x():\n    lint(data)",
    long_sleep: "time.sleep(5)",
    chance_without_seed: "random.uniform(0, 1)",
    elapsed_time: "assert time.monotonic() - start < 1",
    types_of_two_results: "assert type(a) is type(b)",
    thread_outlives_test: "threading.Thread(target=work).start()",
}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_rule_finds_a_sample_of_its_fault(rule: Rule) -> None:
    assert list(rule(ast.parse(RULES[rule]))) == [1]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_tests_keep_the_rule(rule: Rule) -> None:
    faults = [
        f"{path.relative_to(TESTS)}:{line}" for path, tree in trees().items() for line in rule(tree)
    ]
    assert faults == []
