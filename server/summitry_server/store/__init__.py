"""Storage: one contract, several engines. Knows rows and bytes, neither gRPC nor messages."""

from summitry_server.store.contract import Store
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
