"""`summitry lint`: what calendar apps would stumble over in iCalendar files."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from summitry.cli.failures import DONE, SOME_FAILED
from summitry.cli.output import Cell, Section, print_json, print_ndjson, print_note, print_table
from summitry.cli.parser import add_command

if TYPE_CHECKING:
    from summitry.ical.lint import Finding

MOST_OCTETS = 64 * 1024 * 1024

_EXAMPLES = """
summitry lint astana.ics
summitry lint --strict *.ics
curl -s http://localhost:8080/feeds/astana-2024.ics | summitry lint -
summitry lint --rules
"""
_STYLES = {"error": "red", "warning": "yellow"}


def configure(parser: argparse.ArgumentParser, name: str) -> None:
    """Fill the parser of the command."""
    parser.add_argument("files", metavar="FILE", nargs="*", help="iCalendar files; - is stdin")
    parser.add_argument("--strict", action="store_true", help="fail for warnings too")
    parser.add_argument("--rules", action="store_true", help="list the rules")
    parser.add_argument("--output", choices=("table", "json", "ndjson"), default="table")
    add_command(parser, run, _EXAMPLES)
    parser.epilog = f"{parser.epilog}\n\nexit codes: 0 nothing to say, 1 something is wrong"


def run(args: argparse.Namespace) -> int:
    """Show what is found; no server is asked."""
    from summitry.cli.failures import UsageError
    from summitry.ical.lint import lint

    if args.rules:
        return _rules(args.output)
    if not args.files:
        raise UsageError("give FILE, or - for stdin")
    found = {file: lint(_read(file)) for file in args.files}
    if args.output == "table":
        _table(found)
    else:
        facts = [{"file": file, **one._asdict()} for file in found for one in found[file]]
        _print(facts, args.output)
    levels = {one.level for findings in found.values() for one in findings}
    return SOME_FAILED if "error" in levels or (args.strict and levels) else DONE


def _read(file: str) -> bytes:
    from summitry.errors import FileFormatError

    if file == "-":
        data = sys.stdin.buffer.read(MOST_OCTETS + 1)
    else:
        with open(file, "rb") as source:
            data = source.read(MOST_OCTETS + 1)
    if len(data) > MOST_OCTETS:
        raise FileFormatError(f"{file} is larger than {MOST_OCTETS >> 20} MiB", source=file)
    return data


def _table(found: dict[str, list[Finding]]) -> None:
    sections = [
        Section(os.path.relpath(file) if len(found) > 1 else "", [_row(one) for one in findings])
        for file, findings in found.items()
        if findings
    ]
    if sections:
        print_table(("LINE", "LEVEL", "RULE", "WHAT"), sections)
    errors = sum(one.level == "error" for findings in found.values() for one in findings)
    warnings = sum(map(len, found.values())) - errors
    print_note(f"{_count(errors, 'error')}, {_count(warnings, 'warning')}")


def _row(one: Finding) -> list[Cell]:
    from summitry.cli.words import clean

    style = _STYLES[one.level]
    return [Cell(str(one.line)), Cell(one.level, style), Cell(one.rule), Cell(clean(one.text))]


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _rules(output: str) -> int:
    from summitry.ical.lint import RULES

    if output == "table":
        rows = [[Cell(name), Cell(rule.level), Cell(rule.about)] for name, rule in RULES.items()]
        print_table(("RULE", "LEVEL", "ASKS FOR"), [Section("", rows)])
    else:
        _print(
            [{"rule": n, "level": rule.level, "about": rule.about} for n, rule in RULES.items()],
            output,
        )
    return DONE


def _print(facts: Iterable[dict[str, Any]], output: str) -> None:
    if output == "json":
        print_json(list(facts))
    else:
        print_ndjson(facts)
