"""Walks over messages: what several rules look for in every field is done in one pass.

A rule is a `WalkRule`. It says once for each type of message and for each field what is to be done
there, and the answers are kept as a plan for the type. So a walk asks for the fields of a message
once, calls only what a rule has given for them, and does not enter messages in which no rule has
anything to do. The rules stay with their owners: limits in wire.limits, forms in
domain.records.rules, facets in domain.search.facets.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

from google.protobuf.message import Message

from summitry_server.wire.refusals import RefusedError

# Something done with a message or with the value of a field, and the state of the walk. A refusal
# that it raises has a path relative to that value: "", "[key]" or ".latitude".
Step = Callable[[Any, Any], None]


class WalkRule:
    """A rule in a walk; this one does nothing. Equal rules share plans, so rules are hashable."""

    def at_message(self, message: Any) -> Step | None:
        """Return what is done with each message of a type, before its fields are read."""
        return None

    def at_field(self, field: Any) -> Step | None:
        """Return what is done with the whole value of a field that is set."""
        return None

    def below(self, field: Any) -> WalkRule | None:
        """Return the rule for the messages in a field; None to stay out of them."""
        return self


def walk(message: Message, path: str, rules: tuple[WalkRule, ...], state: object = None) -> None:
    """Walk through a message and all messages in it, in the order of field numbers.

    Steps at one place run in the order of the rules. Raises the first RefusedError of a step, with
    its path below `path`, which is "" for a request itself.
    """
    try:
        _visitor(message.DESCRIPTOR, rules)(message, state)
    except RefusedError as error:
        moved = error.inside(path)
        moved.path = moved.path if path else moved.path.removeprefix(".")
        raise moved from error


def is_map(field: Any) -> bool:
    """Return whether a field is a map."""
    return field.message_type is not None and bool(field.message_type.GetOptions().map_entry)


def enters(field: Any) -> bool:
    """Return whether a field holds messages that a walk can enter; entries of maps are none."""
    return field.message_type is not None and not is_map(field)


@cache
def leads_to(message: Any, names: frozenset[str]) -> bool:
    """Return whether messages of a type can hold one of the named types, at any depth."""
    return _search(message, lambda inner: inner.full_name in names, set())


def _search(message: Any, is_wanted: Callable[[Any], bool], entered: set[str]) -> bool:
    """Return whether a type below a message is wanted; each type is entered once."""
    entered.add(message.full_name)
    below = [field.message_type for field in message.fields if enters(field)]
    return any(
        is_wanted(inner) or (inner.full_name not in entered and _search(inner, is_wanted, entered))
        for inner in below
    )


@cache
def _visitor(descriptor: Any, rules: tuple[WalkRule, ...]) -> Step:
    """Return the function that visits a message of a type and all that is in it."""
    steps = _present(rule.at_message(descriptor) for rule in rules)
    of_fields = _FieldSteps(rules)

    def visit(message: Any, state: Any) -> None:
        for step in steps:
            step(message, state)
        field: Any = None
        try:
            for field, value in message.ListFields():
                if (step := of_fields[field]) is not None:
                    step(value, state)
        except RefusedError as error:
            raise error.inside(f".{field.name}") from error

    return visit


class _FieldSteps(dict[Any, Step | None]):
    """The step at each field of a type of message, made when the field is first met."""

    def __init__(self, rules: tuple[WalkRule, ...]) -> None:
        super().__init__()
        self._rules = rules

    def __missing__(self, field: Any) -> Step | None:
        steps = _present(rule.at_field(field) for rule in self._rules)
        inner = _rules_below(field, self._rules)
        if inner:
            visit = _visitor(field.message_type, inner)
            steps = (*steps, _visit_all(visit) if field.is_repeated else visit)
        step = self[field] = _sequence(steps)
        return step


def _rules_below(field: Any, rules: tuple[WalkRule, ...]) -> tuple[WalkRule, ...]:
    """Return the rules that have something to do in the messages of a field."""
    if not enters(field):
        return ()
    below = _present(rule.below(field) for rule in rules)
    return tuple(rule for rule in below if _has_steps(field.message_type, rule, frozenset()))


def _has_steps(message: Any, rule: WalkRule, entered: frozenset[tuple[str, WalkRule]]) -> bool:
    """Return whether a rule has anything to do in messages of a type, at any depth."""
    if rule.at_message(message) or any(map(rule.at_field, message.fields)):
        return True
    key = message.full_name, rule
    return key not in entered and any(
        (inner := rule.below(field)) is not None
        and _has_steps(field.message_type, inner, entered | {key})
        for field in message.fields
        if enters(field)
    )


def _visit_all(visit: Step) -> Step:
    """Return the step on a repeated field that visits each message in it."""

    def visit_entries(values: Any, state: Any) -> None:
        index = 0
        try:
            for value in values:
                visit(value, state)
                index += 1
        except RefusedError as error:
            raise error.inside(f"[{index}]") from error

    return visit_entries


def _sequence(steps: tuple[Step, ...]) -> Step | None:
    """Return one step that does several; None for none."""
    if len(steps) < 2:
        return steps[0] if steps else None

    def do_all(value: Any, state: Any) -> None:
        for step in steps:
            step(value, state)

    return do_all


def _present(values: Iterable[Any]) -> tuple[Any, ...]:
    return tuple(value for value in values if value is not None)
