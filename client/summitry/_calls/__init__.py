"""The calls of the API, and both clients.

`requests` makes each call as a value, without a connection. `aio` is the definition of the client:
its methods, their parameters and docstrings. `sync` is written from it by
tools/write_sync_client.py, and a test compares the two. docs/decisions/0031 says why.
"""
