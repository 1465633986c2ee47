"""`python -m samples.convert visits.ndjson summits.ndjson > records.ndjson`, from the checkout."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from samples.convert import summits, visits
from samples.convert.common import ConversionError, Entry, Record, lookup

CONVERTERS: dict[str, tuple[Record, Callable[[Entry], Record]]] = {
    "visit": (visits.CALENDAR, visits.visit),
    "summit": (summits.CALENDAR, summits.summit),
}


def convert(lines: Iterable[str]) -> Iterator[Record]:
    """Records for the lines of the data, each calendar before the first record in it.

    Raises ConversionError with the number of the line.
    """
    begun = set()
    for number, line in enumerate(lines, 1):
        try:
            entry = json.loads(line)
            calendar, converter = lookup(CONVERTERS, entry["record"], "record")
            record = converter(entry)
        except KeyError as error:
            raise ConversionError(f"line {number}: the entry has no {error}") from error
        except (ValueError, TypeError) as error:
            raise ConversionError(f"line {number}: {error}") from error
        if calendar["name"] not in begun:
            begun.add(calendar["name"])
            yield calendar
        yield record


def main(arguments: list[str] | None = None) -> int:
    """Write the records of the named files to standard output; 0, or 1 for data not understood."""
    parser = ArgumentParser(prog="python -m samples.convert", description=__doc__)
    parser.add_argument("files", nargs="+", type=Path, help="visits.ndjson or summits.ndjson")
    for path in parser.parse_args(arguments).files:
        try:
            with path.open(encoding="utf-8") as lines:
                for record in convert(lines):
                    print(json.dumps(record, ensure_ascii=False))
        except (ConversionError, OSError) as error:
            print(f"{path}: {error}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
