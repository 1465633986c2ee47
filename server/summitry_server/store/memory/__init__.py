"""The engine in memory: a reference and a test double."""
