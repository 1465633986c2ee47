-- A chained value for each revision: by it, a store that was put back from a copy is recognised.

-- Revisions of older schemas have no row; they count as having an empty value. Rows are kept when
-- the log is compacted, so that a token of any age can be compared.
CREATE TABLE chain (
    revision INTEGER PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;

CREATE TRIGGER chain_never_changes BEFORE UPDATE ON chain
BEGIN
    SELECT raise(ABORT, 'the chain is append-only');
END;

CREATE TRIGGER chain_never_goes BEFORE DELETE ON chain
BEGIN
    SELECT raise(ABORT, 'the chain is append-only');
END;

-- When the epoch began, in epoch seconds; 0: with the store.
ALTER TABLE clock ADD COLUMN epoch_time INTEGER NOT NULL DEFAULT 0;

-- Nothing says of which history the tokens of an older schema are, so they belong to another epoch.
UPDATE clock SET epoch = lower(hex(randomblob(16)));
