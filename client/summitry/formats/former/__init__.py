"""Records in the formats of earlier versions: read from files and stores, never written.

A format is the shape of the record messages. Format 1 is that of Summitry 0.1, whose descriptors
are in records-1.binpb; format 2 is that of today. The number rises when a field of a record
changes its name, type or meaning, and not when one is added.
"""

from summitry.formats.former.conversion import from_former, from_former_bytes, is_former

FORMAT = 2
"""The format of today's records."""

__all__ = ["FORMAT", "from_former", "from_former_bytes", "is_former"]
