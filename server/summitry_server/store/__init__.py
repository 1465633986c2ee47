"""Storage: one contract, several engines. Knows rows and bytes, neither gRPC nor messages."""

from pathlib import Path

from summitry_server.store.contract import Store


def open_store(url: str) -> Store:
    """Open `memory:` or `sqlite:///PATH` (relative; `sqlite:////PATH` absolute), made if missing.

    Raises ValueError for any other URL.
    """
    if url == "memory:":
        from summitry_server.store.memory import MemoryStore

        return MemoryStore()
    if url.startswith("sqlite:///") and len(url) > len("sqlite:///"):
        from summitry_server.store.sqlite import SqliteStore

        return SqliteStore(Path(url.removeprefix("sqlite:///")))
    raise ValueError(f"unknown store {url!r}: give memory: or sqlite:///PATH")
