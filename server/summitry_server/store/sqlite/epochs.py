"""The epoch of a store: its id, which changes when the store was put back from a copy."""

from __future__ import annotations

import logging
import sqlite3
import time
import uuid
from pathlib import Path

from summitry_server.store.points import passes
from summitry_server.store.sqlite import log_sql, sql
from summitry_server.store.sqlite.connections import writing
from summitry_server.store.sqlite.head_mark import HeadMark
from summitry_server.store.sqlite.log import SqliteLog
from summitry_server.store.values import Point

log = logging.getLogger(__name__)


def begin_epoch(connection: sqlite3.Connection) -> None:
    """Give the store a new id, which invalidates all earlier tokens and entity tags."""
    with writing(connection):
        connection.execute(sql.BEGIN_EPOCH, (str(uuid.uuid4()), int(time.time())))


def compare_with_mark(connection: sqlite3.Connection, path: Path) -> None:
    """Begin a new epoch if the store is behind its head mark, or of another history.

    A store without a mark is taken as it is: the chained values still tell lost revisions.
    """
    why = _difference(connection, HeadMark(path))
    if why:
        log.warning(
            "the store %s was put back from a copy: %s. A new epoch begins, and followers are sent "
            "the difference",
            path,
            why,
        )
        begin_epoch(connection)


def _difference(connection: sqlite3.Connection, head_mark: HeadMark) -> str:
    """Return how a store contradicts its mark; "" if it continues from the mark."""
    try:
        mark = head_mark.read()
    except ValueError as error:
        return str(error)
    if mark is None:
        return ""
    (store_id, _) = connection.execute(sql.IDENTITY).fetchone()
    revision, _, chain = connection.execute(log_sql.CLOCK).fetchone()
    if mark.store_id != store_id:
        return "its head mark is of another epoch"
    if revision < mark.point.revision:
        return f"it is at revision {revision}, and was at {mark.point.revision} before"
    if not passes(SqliteLog(connection, Point(revision, chain)), mark.point):
        return f"its revision {mark.point.revision} is not the one that it had before"
    return ""
