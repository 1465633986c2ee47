"""`summitry version`: versions of the program, the server and their time zone data."""

from __future__ import annotations

import argparse

from summitry.cli.connection import connect
from summitry.cli.parser import add_command

_TIMEOUT = 3.0  # seconds; an unreachable server must not delay the rest


def configure(parser: argparse.ArgumentParser, name: str) -> None:
    """Fill the parser of the command."""
    add_command(parser, run, "summitry version")


def run(args: argparse.Namespace) -> int:
    """Print the versions that decide how times are resolved, here and at the server."""
    from importlib.metadata import version

    from summitry.zones import default_database

    print(f"summitry {version('summitry')}")  # noqa: T201
    print(f"time zone data {default_database().version}")  # noqa: T201
    for package in ("grpcio", "protobuf"):
        print(f"{package} {version(package)}")  # noqa: T201
    print(f"server: {_server(args)}")  # noqa: T201
    return 0


def _server(args: argparse.Namespace) -> str:
    from summitry.cli.failures import describe
    from summitry.errors import CallError

    try:
        with connect(args, min(args.timeout, _TIMEOUT)) as client:
            client.databases()
            return f"{args.server}, time zone data {client.header.tzdb_version}"
    except CallError as error:
        return describe(error, args.server)
