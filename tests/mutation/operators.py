"""The faults that are made on purpose: each is a small change of one expression or statement.

Changes are made in the text, so that all else stays as it was written.
"""

from __future__ import annotations

import ast
import copy
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple


class Mutant(NamedTuple):
    """A module with one fault."""

    function: str
    """The qualified name of the function or class; "" for the module itself."""
    change: str
    """What was changed into what; with `function` it names the fault for as long as it is there."""
    line: int
    source: bytes


_COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
_ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
}


def _compare(node: ast.Compare) -> Iterator[ast.AST]:
    for index, operator in enumerate(node.ops):
        changed = copy.copy(node)
        changed.ops = [*node.ops]
        changed.ops[index] = _COMPARISONS[type(operator)]()
        yield changed


def _boolean(node: ast.BoolOp) -> Iterator[ast.AST]:
    yield ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)


def _not(node: ast.UnaryOp) -> Iterator[ast.AST]:
    if isinstance(node.op, ast.Not):
        yield node.operand


def _arithmetic(node: ast.BinOp) -> Iterator[ast.AST]:
    if operator := _ARITHMETIC.get(type(node.op)):
        yield ast.BinOp(node.left, operator(), node.right)


def _constant(node: ast.Constant) -> Iterator[ast.AST]:
    if isinstance(node.value, bool):
        yield ast.Constant(not node.value)
    elif isinstance(node.value, int):
        yield ast.Constant(node.value + 1)
        yield ast.Constant(node.value - 1)


def _condition(node: ast.IfExp) -> Iterator[ast.AST]:
    yield ast.IfExp(ast.UnaryOp(ast.Not(), node.test), node.body, node.orelse)


def _return(node: ast.Return) -> Iterator[ast.AST]:
    if node.value is not None and ast.unparse(node.value) != "None":
        yield ast.Return(ast.Constant(None))


def _call(node: ast.Expr) -> Iterator[ast.AST]:
    if isinstance(node.value, ast.Call):
        yield ast.Pass()


def _assignment(node: ast.Assign) -> Iterator[ast.AST]:
    """Remove what sets a part of something; without a name of its own nothing would run."""
    if isinstance(node.targets[0], ast.Attribute | ast.Subscript):
        yield ast.Pass()


def _remove(node: ast.stmt) -> Iterator[ast.AST]:
    yield ast.Pass()


def _nothing(node: ast.AST) -> Iterator[ast.AST]:
    yield from ()


_OPERATORS: dict[type[ast.AST], Callable[[Any], Iterator[ast.AST]]] = {
    ast.Compare: _compare,
    ast.BoolOp: _boolean,
    ast.UnaryOp: _not,
    ast.BinOp: _arithmetic,
    ast.Constant: _constant,
    ast.IfExp: _condition,
    ast.Return: _return,
    ast.Expr: _call,
    ast.Assign: _assignment,
    ast.AugAssign: _remove,
    ast.Delete: _remove,
    ast.Raise: _remove,
}

_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_UNTOUCHED_FIELDS = {"annotation", "returns", "decorator_list"}
"""Types have no effect at run time."""


def mutants(source: bytes) -> list[Mutant]:
    """Return all mutants of a module that can be compiled, in the order of its text."""
    counted: Counter[tuple[str, str]] = Counter()
    result = []
    for function, node, changed in _changes(ast.parse(source), ""):
        change = f"{_text(node)} -> {_text(changed)}"
        counted[function, change] += 1
        if (number := counted[function, change]) > 1:
            change += f" ({number})"
        mutated = _replaced(source, node, _text(changed))
        if _compiles(mutated):
            result.append(Mutant(function, change, node.lineno, mutated))
    return result


def _changes(node: ast.AST, function: str) -> Iterator[tuple[str, Any, ast.AST]]:
    """Yield each node that can be changed, where it stands, and what it is changed into."""
    operator = _OPERATORS.get(type(node), _nothing)
    yield from ((function, node, changed) for changed in operator(node))
    if isinstance(node, ast.If | ast.While) and not isinstance(
        node.test, ast.Compare | ast.Constant
    ):
        yield function, node.test, ast.UnaryOp(ast.Not(), node.test)
    if isinstance(node, _SCOPES):
        function = f"{function}.{node.name}".lstrip(".")
    for child in _children(node):
        yield from _changes(child, function)


def _children(node: ast.AST) -> Iterable[ast.AST]:
    for field, value in ast.iter_fields(node):
        if field not in _UNTOUCHED_FIELDS:
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST) and not _is_untouched(child):
                    yield child


def _is_untouched(node: ast.AST) -> bool:
    """Return whether faults in a node say nothing: words of texts, and what is logged."""
    if isinstance(node, ast.JoinedStr):
        return True
    call = node.value if isinstance(node, ast.Expr) else None
    return isinstance(call, ast.Call) and ast.unparse(call.func).lstrip("_").startswith("log.")


def _text(node: ast.AST) -> str:
    return " ".join(ast.unparse(ast.fix_missing_locations(node)).split())


def _replaced(source: bytes, node: Any, text: str) -> bytes:
    """Return the source with the text of `node` replaced; offsets of `ast` count bytes."""
    lines = source.splitlines(keepends=True)
    start = sum(map(len, lines[: node.lineno - 1])) + node.col_offset
    end = sum(map(len, lines[: node.end_lineno - 1])) + node.end_col_offset
    new = text if isinstance(node, ast.stmt) else f"({text})"
    return source[:start] + new.encode() + source[end:]


def _compiles(source: bytes) -> bool:
    try:
        compile(source, "mutant", "exec", dont_inherit=True)
    except SyntaxError:
        return False
    return True
