"""Storage: one contract, several engines. Knows rows and bytes, neither gRPC nor messages."""

from summitry_server.store.contract import DryRun, Store
from summitry_server.store.url import store_path


def open_store(url: str) -> Store:
    """Open `memory:` or `sqlite:///PATH` (relative; `sqlite:////PATH` absolute), made if missing.

    Raises ValueError for any other URL, StoreError if the store cannot be opened.
    """
    path = store_path(url)
    if path is None:
        from summitry_server.store.memory.engine import MemoryStore

        return MemoryStore()
    from summitry_server.store.sqlite.engine import SqliteStore

    return SqliteStore(path)


def open_dry_run() -> DryRun:
    """Return a new dry run, which works over the snapshots of any store. Close it."""
    from summitry_server.store.sqlite.dry_run import SqliteDryRun

    return SqliteDryRun()
