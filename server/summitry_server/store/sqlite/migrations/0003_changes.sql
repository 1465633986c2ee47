-- The log read forward: what changed since a revision, what was known at one, and what was answered.

-- How far the log has come in time, and the oldest revision of which it has all changes.
ALTER TABLE clock ADD COLUMN time INTEGER NOT NULL DEFAULT 0;
ALTER TABLE clock ADD COLUMN earliest INTEGER NOT NULL DEFAULT 1;

ALTER TABLE revisions RENAME TO former;

CREATE TABLE revisions (
    revision INTEGER NOT NULL,
    position INTEGER NOT NULL,
    record INTEGER NOT NULL REFERENCES records (id),
    calendar TEXT NOT NULL, -- that of the record, which never changes
    actor TEXT NOT NULL,
    reason TEXT NOT NULL,
    request_id TEXT NOT NULL,
    time INTEGER NOT NULL, -- never less than that of the revision before
    deleted INTEGER NOT NULL CHECK (deleted IN (0, 1)),
    frame BLOB NOT NULL,
    UNIQUE (revision, position)
) STRICT;

-- Times of older logs may go back, where the clock of the machine did.
INSERT INTO revisions
SELECT
    former.revision, position, record, calendar, actor, reason, request_id,
    max(0, max(time) OVER (ORDER BY former.revision, position ROWS UNBOUNDED PRECEDING)),
    former.deleted, former.frame
FROM former CROSS JOIN records ON records.id = former.record
ORDER BY former.revision, position;

DROP TABLE former;

CREATE INDEX revisions_by_record ON revisions (record, revision, position);
CREATE INDEX revisions_by_calendar ON revisions (calendar, revision, position);
CREATE INDEX revisions_by_time ON revisions (time, revision);
CREATE INDEX records_by_calendar_name ON records (calendar, name);

UPDATE clock SET time = coalesce(
    (SELECT time FROM revisions WHERE revisions.revision = clock.revision), 0
);

CREATE TRIGGER revisions_never_change BEFORE UPDATE ON revisions
BEGIN
    SELECT raise(ABORT, 'the log is append-only');
END;

-- The newest version of a record stays, and so does all that any state since `earliest` needs.
CREATE TRIGGER revisions_go_when_superseded BEFORE DELETE ON revisions
WHEN NOT EXISTS (
    SELECT 1 FROM revisions AS newer INDEXED BY revisions_by_record
    WHERE newer.record = old.record
        AND (newer.revision, newer.position) > (old.revision, old.position)
        AND newer.revision < (SELECT earliest FROM clock)
)
BEGIN
    SELECT raise(ABORT, 'the log is append-only');
END;

-- Answers to requests, for those that are sent again.
CREATE TABLE requests (
    request_id TEXT PRIMARY KEY,
    digest BLOB NOT NULL,
    response BLOB NOT NULL,
    time INTEGER NOT NULL
) STRICT;

CREATE INDEX requests_by_time ON requests (time);
