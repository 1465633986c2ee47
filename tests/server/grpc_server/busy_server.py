"""A server whose FindConflicts never ends and never looks at its call, for test_stop.py."""

from __future__ import annotations

import sys
from typing import NoReturn

from summitry_server.__main__ import main
from summitry_server.grpc_server import call_classes
from summitry_server.services import agenda


def work_for_ever(*_: object) -> NoReturn:
    """Stay in a loop that nothing but the end of the process ends."""
    while True:
        pass


agenda.find_conflicts = work_for_ever
# On a machine that is busy enough, the deadline of a call came before the signal was handled.
call_classes.CLASS_OF_RPC["summitry.v1.AgendaService.FindConflicts"] = call_classes.HEAVY._replace(
    seconds=3600
)

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
