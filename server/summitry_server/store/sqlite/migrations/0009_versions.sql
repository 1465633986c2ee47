-- The former tables go, and what was filled without indexes and guards gets them.

DROP TABLE revisions;
DROP TABLE former_records;

CREATE INDEX versions_by_record ON versions (record, version);
CREATE INDEX versions_by_calendar ON versions (calendar, version);

-- What was so before: of use to nobody from some revision on.
CREATE INDEX spans_by_until ON spans (until) WHERE live = 0;
CREATE INDEX postings_by_until ON postings (until) WHERE live = 0;

CREATE TRIGGER versions_never_change BEFORE UPDATE ON versions
BEGIN
    SELECT raise(ABORT, 'the log is append-only');
END;

-- The newest version of a record stays, and so does all that any state since `earliest` needs, but
-- what a purge was to remove.
CREATE TRIGGER versions_go_when_superseded BEFORE DELETE ON versions
WHEN NOT EXISTS (
    SELECT 1 FROM versions AS newer INDEXED BY versions_by_record
    WHERE newer.record = old.record AND newer.version > old.version
        AND (newer.version < (SELECT earliest * 1048576 FROM clock) OR newer.purged)
)
BEGIN
    SELECT raise(ABORT, 'the log is append-only');
END;
