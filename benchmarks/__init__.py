"""Benchmarks: ratios against a ceiling of the same run, never a verdict of the tests."""
