-- By what a version was written (older ones have that for a reason), and versions that stand for all before them: those of purged records.

ALTER TABLE revisions ADD COLUMN source TEXT NOT NULL DEFAULT '';
ALTER TABLE revisions ADD COLUMN purged INTEGER NOT NULL DEFAULT 0 CHECK (purged IN (0, 1));

-- The newest version of a record stays, and so does all that any state since `earliest` needs, but
-- what a purge was to remove.
DROP TRIGGER revisions_go_when_superseded;
CREATE TRIGGER revisions_go_when_superseded BEFORE DELETE ON revisions
WHEN NOT EXISTS (
    SELECT 1 FROM revisions AS newer INDEXED BY revisions_by_record
    WHERE newer.record = old.record
        AND (newer.revision, newer.position) > (old.revision, old.position)
        AND (newer.revision < (SELECT earliest FROM clock) OR newer.purged)
)
BEGIN
    SELECT raise(ABORT, 'the log is append-only');
END;

-- Deleted records that are not purged yet; purged ones have no facets, all others have some.
CREATE INDEX records_deleted ON records (modified, name) WHERE deleted AND facets <> '';
