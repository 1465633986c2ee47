"""The messages and stubs of package summitry.v1, generated from protos/ at install."""
