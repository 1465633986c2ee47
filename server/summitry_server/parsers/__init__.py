"""Processes that read foreign calendar files, so that no file can stop the server.

`worker` is what runs in such a process: it has limits of CPU and memory that the kernel keeps.
`pool` starts, asks and ends them.
"""
