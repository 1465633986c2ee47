"""`summitry`, or `python -m summitry`: the command line."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False  # type checkers take it for true; see summitry.cli.parser
if TYPE_CHECKING:
    from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command line and return its exit code; see docs/cli.md for what codes mean."""
    from summitry.cli.parser import parse
    from summitry.cli.standard_streams import prepare_streams

    prepare_streams()
    # gRPC writes a line for each connection that fails; the command says it once, in its own words.
    os.environ.setdefault("GRPC_VERBOSITY", "ERROR")
    args = parse(sys.argv[1:] if argv is None else argv)
    try:
        code: int = args.run(args)
        sys.stdout.flush()
    except (Exception, KeyboardInterrupt) as error:
        from summitry.cli.failures import report

        return report(error, args)
    return code


if __name__ == "__main__":
    sys.exit(main())
