"""`summitry version`."""

from __future__ import annotations

import argparse

from summitry.cli.parser import add_command


def configure(parser: argparse.ArgumentParser, name: str) -> None:
    """Fill the parser of the command."""
    add_command(parser, run, "summitry version")


def run(args: argparse.Namespace) -> int:
    """Show what decides how times come out here; no server is asked."""
    from importlib.metadata import version

    from summitry.zones import default_database

    print(f"summitry {version('summitry')}")  # noqa: T201
    print(f"time zone data {default_database().version}")  # noqa: T201
    for package in ("grpcio", "protobuf"):
        print(f"{package} {version(package)}")  # noqa: T201
    return 0
