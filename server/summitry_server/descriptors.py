"""File descriptors: as many as the system gives, and how many connections fit into them."""

from __future__ import annotations

import resource

TARGET_LIMIT = 65_536
# For the store, time zone files, logs and what else a process opens beside connections.
OWN_USE = 128


def raise_limit(requested: int = TARGET_LIMIT) -> int:
    """Raise the soft limit of open files to the hard one if allowed; return the limit.

    Shells set a soft limit of 1024 for programs that use select(), which nothing here does.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    target = requested if hard == resource.RLIM_INFINITY else min(requested, hard)
    if soft != resource.RLIM_INFINITY and soft < target:
        resource.setrlimit(resource.RLIMIT_NOFILE, (target, hard))
        return target
    return soft


def connections(share: float) -> int:
    """Return how many connections a part of the server may have, by its share of all.

    The rest is left free, so that a call never fails for want of a descriptor.
    """
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    limit = TARGET_LIMIT if soft == resource.RLIM_INFINITY else min(soft, TARGET_LIMIT)
    return max(8, int((limit - min(OWN_USE, limit // 2)) * share))
