"""`summitry lint`: check iCalendar files for content that calendar apps misread."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from summitry.cli.failures import DONE, SOME_FAILED
from summitry.cli.output import (
    Cell,
    TableSection,
    print_json,
    print_ndjson,
    print_note,
    print_table,
)
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
    parser.add_argument("--strict", action="store_true", help="exit with 1 for warnings too")
    parser.add_argument("--rules", action="store_true", help="list the rules")
    parser.add_argument("--output", choices=("table", "json", "ndjson"), default="table")
    add_command(parser, run, _EXAMPLES)
    parser.epilog = (
        f"{parser.epilog}\n\nexit codes: 0 no errors, 1 errors (with --strict, warnings too)"
    )


def run(args: argparse.Namespace) -> int:
    """Print the findings; needs no server."""
    from summitry.cli.failures import UsageError
    from summitry.ical.lint import lint

    if args.rules:
        return _rules(args.output)
    if not args.files:
        raise UsageError("give a FILE, or - for stdin")
    findings = {file: lint(_read(file)) for file in args.files}
    if args.output == "table":
        _table(findings)
    else:
        facts = [
            {"file": file, **finding._asdict()} for file in findings for finding in findings[file]
        ]
        _print(facts, args.output)
    levels = {finding.level for findings in findings.values() for finding in findings}
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


def _table(findings_by_file: dict[str, list[Finding]]) -> None:
    sections = [
        TableSection(
            os.path.relpath(file) if len(findings_by_file) > 1 else "",
            [_row(finding) for finding in findings],
        )
        for file, findings in findings_by_file.items()
        if findings
    ]
    if sections:
        print_table(("LINE", "LEVEL", "RULE", "WHAT"), sections)
    errors = sum(
        finding.level == "error" for findings in findings_by_file.values() for finding in findings
    )
    warnings = sum(map(len, findings_by_file.values())) - errors
    print_note(f"{_count(errors, 'error')}, {_count(warnings, 'warning')}")


def _row(finding: Finding) -> list[Cell]:
    from summitry.cli.words import clean

    style = _STYLES[finding.level]
    return [
        Cell(str(finding.line)),
        Cell(finding.level, style),
        Cell(finding.rule),
        Cell(clean(finding.text)),
    ]


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _rules(output: str) -> int:
    from summitry.ical.lint import RULES

    if output == "table":
        rows = [[Cell(name), Cell(rule.level), Cell(rule.about)] for name, rule in RULES.items()]
        print_table(("RULE", "LEVEL", "ASKS FOR"), [TableSection("", rows)])
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
