"""The client for threads, written from `aio` by tools/write_sync_client.py."""
