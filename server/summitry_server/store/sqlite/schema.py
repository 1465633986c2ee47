"""The schema of a SQLite file: numbered migrations, the last of which the file remembers."""

from __future__ import annotations

import secrets
import sqlite3
import uuid
from collections.abc import Callable, Iterator
from importlib.resources import files

from summitry_server.store.errors import StoreUnavailableError, StoreVersionError
from summitry_server.store.sqlite import reindexing, sql
from summitry_server.store.sqlite.connections import writing

# "SMRY" in the header of the file: tells our files from those of other programs.
APPLICATION = 0x534D5259


# What follows the statements of a migration, in a file that is not new.
AFTER: dict[int, Callable[[sqlite3.Connection], None]] = {8: reindexing.fill}


def migrate(connection: sqlite3.Connection) -> None:
    """Bring a file to the newest schema, in one transaction; an empty file becomes a store.

    Raises StoreVersionError for a file of a newer version, StoreUnavailableError for a file of
    another program.
    """
    migrations = _migrations()
    schema = _schema(connection)
    if schema > max(migrations):
        raise StoreVersionError(
            f"the store has schema {schema}, this version knows {max(migrations)}: upgrade Summitry"
        )
    if schema == max(migrations):
        return
    with writing(connection):
        # Asked again: now nobody else can be migrating it.
        schema = _schema(connection)
        for number in range(schema + 1, max(migrations) + 1):
            for statement in _statements(migrations[number]):
                connection.execute(statement)
            if schema:
                AFTER.get(number, _nothing)(connection)
            connection.execute(f"PRAGMA user_version = {number}")
        if schema == 0:
            _give_identity(connection)


def _nothing(connection: sqlite3.Connection) -> None:
    """Do nothing: most migrations are statements alone."""


def _schema(connection: sqlite3.Connection) -> int:
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (schema,) = connection.execute("PRAGMA user_version").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    if application != APPLICATION and (application or schema or tables):
        raise StoreUnavailableError("the file belongs to another program: give another path")
    return int(schema)


def _give_identity(connection: sqlite3.Connection) -> None:
    connection.execute(f"PRAGMA application_id = {APPLICATION}")
    connection.execute(sql.SET_EPOCH, (str(uuid.uuid4()),))
    connection.execute(sql.SET_SECRET, (secrets.token_bytes(32),))


def _migrations() -> dict[int, str]:
    folder = files("summitry_server.store.sqlite") / "migrations"
    return {
        int(file.name[:4]): file.read_text(encoding="utf-8")
        for file in folder.iterdir()
        if file.name.endswith(".sql")
    }


def _statements(script: str) -> Iterator[str]:
    """Yield the statements of a script: `executescript` would commit before it runs them."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
