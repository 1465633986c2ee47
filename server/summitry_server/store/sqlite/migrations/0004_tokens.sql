-- Secrets that open feeds, as keyed hashes. They are in no version of a record, and so in no log.
CREATE TABLE tokens (
    id TEXT PRIMARY KEY,
    owner TEXT NOT NULL,
    digest BLOB NOT NULL UNIQUE,
    label TEXT NOT NULL,
    created INTEGER NOT NULL,
    expires INTEGER NOT NULL,
    revoked INTEGER NOT NULL,
    used INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX tokens_by_owner ON tokens (owner, created, id);

-- How far a calendar has come is read from the log now.
DROP INDEX records_by_calendar_revision;
DROP INDEX records_by_calendar_modified;
