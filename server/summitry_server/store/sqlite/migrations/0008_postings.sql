-- Versions hold what they are found by; postings find them by any term in the order of time, of now or of before.

DROP INDEX records_by_kind;
DROP INDEX records_by_calendar_kind;
DROP INDEX records_by_calendar_name;
DROP INDEX records_deleted;
DROP TABLE spans;
DROP TABLE levels;
ALTER TABLE records RENAME TO former_records;

-- Whatever a record is found by: its kind, its calendar, its facets and the words of its text, each
-- with a letter for its sort and a space before it (store/index.py).
CREATE TABLE terms (
    id INTEGER PRIMARY KEY,
    term TEXT NOT NULL UNIQUE
) STRICT;

-- The words that have these letters somewhere: three letters, or what is left at the end of a word.
CREATE TABLE grams (
    gram TEXT NOT NULL,
    term INTEGER NOT NULL,
    PRIMARY KEY (gram, term)
) STRICT, WITHOUT ROWID;

-- What never changes of a record, and its latest version. Names begin with that of the calendar.
CREATE TABLE records (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    kind INTEGER NOT NULL,
    calendar TEXT NOT NULL,
    uid TEXT NOT NULL UNIQUE,
    latest INTEGER NOT NULL
) STRICT;

CREATE INDEX records_by_kind ON records (kind, name);

-- The log of all versions. A version is numbered by its revision and its position in it.
CREATE TABLE versions (
    version INTEGER PRIMARY KEY, -- revision * 2**20 + position
    record INTEGER NOT NULL REFERENCES records (id),
    calendar INTEGER NOT NULL, -- the term of the calendar
    actor TEXT NOT NULL,
    reason TEXT NOT NULL,
    request_id TEXT NOT NULL,
    time INTEGER NOT NULL, -- never less than that of the version before
    source TEXT NOT NULL,
    deleted INTEGER NOT NULL CHECK (deleted IN (0, 1)),
    purged INTEGER NOT NULL CHECK (purged IN (0, 1)), -- stands for all versions before it
    modified INTEGER NOT NULL,
    facets TEXT NOT NULL, -- one a line, each between two line breaks
    text TEXT NOT NULL,
    spans TEXT NOT NULL, -- JSON: [[axis, start, end, sure start, sure end], ...]
    frame BLOB NOT NULL
) STRICT;

-- The order of time. A row stands in the lane of each axis on which it has a span, in one more for
-- long spans of its level, and in a lane of its own when it has no span or is deleted.
CREATE TABLE spans (
    live INTEGER NOT NULL CHECK (live IN (0, 1)), -- 0: it was so, until a revision
    lane INTEGER NOT NULL,
    starts INTEGER NOT NULL,
    record INTEGER NOT NULL,
    since INTEGER NOT NULL, -- the first revision at which it was so
    until INTEGER, -- the first at which it was so no more; NULL where live
    ends INTEGER NOT NULL CHECK (ends > starts),
    sure_starts INTEGER,
    sure_ends INTEGER,
    PRIMARY KEY (live, lane, starts, record, since)
) STRICT, WITHOUT ROWID;

-- The same order for each term that a row has, or had at some time.
CREATE TABLE postings (
    term INTEGER NOT NULL,
    live INTEGER NOT NULL CHECK (live IN (0, 1)),
    lane INTEGER NOT NULL,
    starts INTEGER NOT NULL,
    record INTEGER NOT NULL,
    until INTEGER, -- as in spans
    PRIMARY KEY (term, live, lane, starts, record)
) STRICT, WITHOUT ROWID;
