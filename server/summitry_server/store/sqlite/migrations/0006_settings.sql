-- Values by name that belong to the store as a whole, such as the release of the time zone database that resolved it last.

CREATE TABLE settings (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
