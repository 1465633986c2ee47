"""File formats, in and out: NDJSON, YAML, CSV, EventsML-G2 and the data sets of other makers."""
