"""A parser process that takes too much of something where the file asks for it by name."""

from __future__ import annotations

import os
import sys
import time

from summitry.v1.transfer_service_pb2 import ParseCalendarRequest
from summitry.zones import TzDb
from summitry_server.parsers import worker

parse = worker.parse
worker.CPU_SECONDS = 1


def behave(request: ParseCalendarRequest, db: TzDb) -> bytes:
    match request.calendar:
        case b"loop":
            while True:
                pass
        case b"sleep":
            time.sleep(600)
        case b"memory":
            return bytes(4 << 30)
        case b"exit":
            os._exit(3)
        case b"fault":
            raise KeyError("a fault of ours")
    return parse(request, db)


worker.parse = behave

if __name__ == "__main__":
    sys.exit(worker.main(sys.argv[1:]))
