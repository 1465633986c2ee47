"""Writes a store of today as a file of an older schema, as the version of then would have had it."""

import sqlite3
from contextlib import closing
from importlib.resources import files

from summitry_server.store.sqlite.schema import APPLICATION

SCHEMAS = sorted((files("summitry_server.store.sqlite") / "migrations").iterdir(), key=str)
# The last schema that held the latest rows and the log apart, with no index of the past.
LAST_FORMER = 7

# Where the columns of former tables are in those of today; all other tables are the same.
RECORDS = """
SELECT records.id AS id, name, kind, records.calendar, uid, latest / 1048576 AS revision, modified,
    deleted, facets, text, spans, frame
FROM today.records JOIN today.versions ON version = latest"""
REVISIONS = """
SELECT version / 1048576 AS revision, version % 1048576 AS position, record, records.calendar,
    actor, reason, request_id, time, source, deleted, purged, frame
FROM today.versions JOIN today.records ON records.id = record"""
SOURCES = {"records": RECORDS, "revisions": REVISIONS}
# A span of each record, in the two scopes that it had: a migration drops them.
SPANS = """
INSERT INTO main.spans (scope, axis, starts, name, level, ends, kind, record)
SELECT scope.value, 0, 0, name, 0, 1, kind, records.id
FROM main.records, json_each(json_array('', calendar)) AS scope"""


def write_former(path, schema, today):
    """Write the store in the file `today` to `path`, as a file of a former schema."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("ATTACH ? AS today", (str(today),))
        for migration in SCHEMAS[:schema]:
            connection.executescript(migration.read_text(encoding="utf-8"))
        tables = connection.execute(
            "SELECT name FROM main.sqlite_schema WHERE type = 'table' AND name <> 'levels'"
        ).fetchall()
        for (table,) in tables:
            if table != "spans":
                copy(connection, table)
        connection.execute(SPANS)
        connection.execute(f"PRAGMA application_id = {APPLICATION}")
        connection.execute(f"PRAGMA user_version = {schema}")
        connection.commit()
        connection.execute("DETACH today")
        connection.execute("PRAGMA journal_mode = WAL")


def copy(connection, table):
    """Copy the columns that a former table has."""
    columns = connection.execute(f"SELECT name FROM pragma_table_info('{table}', 'main')")
    names = ", ".join(name for (name,) in columns)
    source = SOURCES.get(table, f"SELECT * FROM today.{table}")
    connection.execute(f"INSERT INTO main.{table} ({names}) SELECT {names} FROM ({source})")
