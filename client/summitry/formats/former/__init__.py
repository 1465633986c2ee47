"""Records in the formats of earlier versions: read from files and stores, never written.

A format is the shape of the record messages. Format 1 is that of Summitry 0.1; the descriptors of
each former format are in records-N.binpb. The number rises when a field of a record changes its
name, type or meaning, and not when one is added.
"""

from summitry.formats.former.conversion import FORMAT, from_former, from_former_bytes, is_former

__all__ = ["FORMAT", "from_former", "from_former_bytes", "is_former"]
