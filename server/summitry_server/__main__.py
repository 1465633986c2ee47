"""`summitry-server`: read the options, run the application, and stop it on a signal."""

from __future__ import annotations

import argparse
import contextlib
import faulthandler
import logging
import os
import signal
import sys
import threading
from collections.abc import Sequence
from typing import NoReturn

from summitry_server.config import Config, ConfigError, add_options, read_config
from summitry_server.descriptors import raise_limit

# How long a thread may work before another gets its turn. Python's 5 ms are for work that is all of
# one kind: here light calls wait for them three or four times each beside a heavy one.
TURN_SECONDS = 0.0005
OVERTIME = 2.0  # seconds after the grace at which the process ends in any case

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
    # gRPC would write a line for each handshake that fails, for whoever connects.
    os.environ.setdefault("GRPC_VERBOSITY", "ERROR")
    raise_limit()
    sys.setswitchinterval(TURN_SECONDS)
    try:
        from summitry_server.app import Application
        from summitry_server.store.errors import StoreError
    except ModuleNotFoundError as error:
        print(f"summitry-server: {error}; install summitry[server]", file=sys.stderr)
        return 1
    signalled = _listen()
    try:
        application = Application(config)
    except (OSError, StoreError, ValueError) as error:
        print(f"summitry-server: {error}", file=sys.stderr)
        return 1
    print(f"grpc listening on {application.grpc_address}", flush=True)
    if application.http_address is not None:
        scheme = "https" if config.tls else "http"
        print(f"http listening on {scheme}://{application.http_address}", flush=True)
    signalled.wait()
    # Whatever a thread does, even one that never lets go of the interpreter, ends here.
    faulthandler.dump_traceback_later(config.grace + OVERTIME, exit=True)
    application.stop()
    _exit(0)


def _listen() -> threading.Event:
    """Return an event for the first signal to stop; a second one ends the process at once.

    SIGHUP comes when a terminal goes away, and is left alone where it was set aside, as by nohup.
    """
    signalled = threading.Event()

    def stop(number: int, _: object) -> None:
        if signalled.is_set():
            os._exit(128 + number)
        signalled.set()

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, stop)
    return signalled


def _exit(code: int) -> NoReturn:
    """End the process although threads may be at work.

    The store is closed. Python would wait for every thread of a pool, also for one that does not
    come to an end.
    """
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)


if __name__ == "__main__":
    sys.exit(main())
