"""Writes rows until it is killed; tells of each on its output: "revision name" and a line end.

python kill_child.py FILE PREFIX [early]. With `early` it tells before the commit, which is wrong.
"""

import os
import sys
import threading
from pathlib import Path

from summitry_server.store.contract import Axis, LocalTimeEntry, LogEntry, Row, Span
from summitry_server.store.sqlite.engine import SqliteStore

path, prefix, early = Path(sys.argv[1]), sys.argv[2], sys.argv[3:] == ["early"]
store = SqliteStore(path)


def tell(revision: int, name: str) -> None:
    os.write(1, f"{revision} {name}\n".encode())  # short enough for a pipe to take it whole


def put(name: str) -> int:
    def operation(writer):
        revision = writer.next_revision
        span = Span(Axis.INSTANT, revision, revision + 60, revision, revision + 60)
        reading = LocalTimeEntry(
            "Asia/Almaty", "start", revision, 0, revision, f"{revision % 7}", revision
        )
        frame, spans, local_times = bytes(500), (span,), (reading,)
        row = Row(
            name, 2, "calendars/a", name, revision, 0, False, (), "", spans, frame, local_times
        )
        writer.put(row, new=True)
        writer.remember(name, b"asked", str(revision).encode())
        if early:
            tell(revision, name)
            threading.Event().wait()  # for the kill
        return revision

    return store.write(operation, LogEntry("child", "", "", 0))


def work(thread: int) -> None:
    number = 0
    while True:
        name = f"calendars/a/summits/{prefix}-{thread}-{number}"
        tell(put(name), name)
        number += 1


for thread_number in range(4):
    threading.Thread(target=work, args=(thread_number,), daemon=True).start()
threading.Event().wait()  # for the kill
