"""The definition of the client: its methods for asyncio, from which `sync` is written."""
