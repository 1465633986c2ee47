-- The first schema: the latest rows, their spans, the log of all versions, and the clock.

-- What tells this store from others; the schema number is the file's own (PRAGMA user_version).
CREATE TABLE meta (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    secret BLOB NOT NULL CHECK (length(secret) = 32)
) STRICT;

-- The epoch changes when the store is restored from a copy: revisions of two epochs do not compare.
CREATE TABLE clock (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    epoch TEXT NOT NULL,
    revision INTEGER NOT NULL
) STRICT;

CREATE TABLE records (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    kind INTEGER NOT NULL,
    calendar TEXT NOT NULL,
    uid TEXT NOT NULL UNIQUE,
    revision INTEGER NOT NULL,
    modified INTEGER NOT NULL,
    deleted INTEGER NOT NULL CHECK (deleted IN (0, 1)),
    facets TEXT NOT NULL, -- one a line, each between two line breaks
    text TEXT NOT NULL,
    spans TEXT NOT NULL, -- JSON: [[axis, start, end, sure start, sure end], ...]
    frame BLOB NOT NULL
) STRICT;

CREATE INDEX records_by_kind ON records (kind, name);
CREATE INDEX records_by_calendar_kind ON records (calendar, kind, name);
CREATE INDEX records_by_calendar_revision ON records (calendar, revision);
CREATE INDEX records_by_calendar_modified ON records (calendar, modified);

-- Where live rows lie, for windows: nothing that is not in records. Each span stands here twice, in
-- the scope of its calendar and in the scope of all ('').
CREATE TABLE spans (
    scope TEXT NOT NULL,
    axis INTEGER NOT NULL,
    starts INTEGER NOT NULL,
    name TEXT NOT NULL,
    level INTEGER NOT NULL REFERENCES levels (level),
    ends INTEGER NOT NULL CHECK (ends > starts),
    sure_starts INTEGER,
    sure_ends INTEGER,
    kind INTEGER NOT NULL,
    record INTEGER NOT NULL,
    PRIMARY KEY (scope, axis, starts, name)
) STRICT, WITHOUT ROWID;

-- Holds all columns, so that spans in progress are read from it alone.
CREATE INDEX spans_by_level ON spans (
    scope, axis, level, starts, ends, name, sure_starts, sure_ends, kind, record
);

-- The duration levels: a span of level n is at most 4**n seconds long.
CREATE TABLE levels (
    level INTEGER PRIMARY KEY,
    width INTEGER NOT NULL
) STRICT;

INSERT INTO levels (level, width)
WITH RECURSIVE counted (level, width) AS (
    SELECT 0, 1
    UNION ALL
    SELECT level + 1, width * 4 FROM counted WHERE level < 21
)
SELECT level, width FROM counted;

CREATE TABLE revisions (
    revision INTEGER NOT NULL,
    position INTEGER NOT NULL,
    record INTEGER NOT NULL REFERENCES records (id),
    actor TEXT NOT NULL,
    reason TEXT NOT NULL,
    request_id TEXT NOT NULL,
    time INTEGER NOT NULL,
    deleted INTEGER NOT NULL CHECK (deleted IN (0, 1)),
    frame BLOB NOT NULL,
    UNIQUE (revision, position)
) STRICT;

CREATE INDEX revisions_by_record ON revisions (record, revision, position);

CREATE TRIGGER revisions_never_change BEFORE UPDATE ON revisions
BEGIN
    SELECT raise(ABORT, 'the log is append-only');
END;

CREATE TRIGGER revisions_never_go BEFORE DELETE ON revisions
BEGIN
    SELECT raise(ABORT, 'the log is append-only');
END;
