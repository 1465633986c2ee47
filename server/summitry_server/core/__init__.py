"""The rules: pure functions on messages and rows, without I/O."""
