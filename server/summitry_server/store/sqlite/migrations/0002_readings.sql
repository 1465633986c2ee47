-- Times that a zone's rules turned into instants, so that a change of law finds what it may move.

-- Rules by which readings were resolved. To settle a zone is to rewrite its few rows here, not its
-- many readings; so the same pair may stand here more than once.
CREATE TABLE rules (
    id INTEGER PRIMARY KEY,
    zone TEXT NOT NULL,
    fingerprint TEXT NOT NULL
) STRICT;

CREATE INDEX rules_by_zone ON rules (zone, fingerprint);

-- In the order in which they are read: of live rows, by rules, those that are over first.
CREATE TABLE readings (
    live INTEGER NOT NULL CHECK (live IN (0, 1)),
    rule INTEGER NOT NULL REFERENCES rules (id),
    until INTEGER NOT NULL,
    name TEXT NOT NULL,
    field TEXT NOT NULL,
    wall INTEGER NOT NULL,
    choice INTEGER NOT NULL,
    instant INTEGER NOT NULL,
    record INTEGER NOT NULL,
    PRIMARY KEY (live, rule, until, name, field)
) STRICT, WITHOUT ROWID;

CREATE INDEX readings_by_record ON readings (record);
