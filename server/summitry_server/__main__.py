"""`summitry-server`: read the options, run the application, end it on a signal."""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
import threading
from collections.abc import Sequence

from summitry_server.config import Config, ConfigError, add_options, read_config

EXAMPLES = """examples:
  summitry-server serve --demo
  summitry-server serve --store sqlite:////var/lib/summitry/summitry.db --grpc 127.0.0.1:50051
  summitry-server serve --store memory: --grpc 127.0.0.1:0 --http off
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; the exit code: 0 ended by a signal, 1 could not start, 2 wrong options."""
    parser = argparse.ArgumentParser(
        prog="summitry-server",
        description="The Summitry server: gRPC services and iCalendar feeds.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    serve = commands.add_parser(
        "serve",
        help="serve gRPC and feeds until SIGTERM or SIGINT",
        description="Serve gRPC and feeds until SIGTERM or SIGINT.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_options(serve)
    arguments = parser.parse_args(argv)
    try:
        return run(read_config(arguments, os.environ))
    except ConfigError as error:
        print(f"summitry-server: {error}", file=sys.stderr)
        return 2


def run(config: Config) -> int:
    """Serve until a signal comes."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    try:
        from summitry_server.app import Application
        from summitry_server.store.errors import StoreError
    except ModuleNotFoundError as error:
        print(f"summitry-server: {error}; install summitry[server]", file=sys.stderr)
        return 1
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    try:
        application = Application(config)
    except (OSError, StoreError, ValueError) as error:
        print(f"summitry-server: {error}", file=sys.stderr)
        return 1
    print(f"grpc listening on {application.grpc_address}", flush=True)
    if application.http_address is not None:
        print(f"http listening on http://{application.http_address}", flush=True)
    ended.wait()
    application.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
