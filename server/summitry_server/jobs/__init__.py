"""Work that no request waits for: compaction, purging and expiry."""
