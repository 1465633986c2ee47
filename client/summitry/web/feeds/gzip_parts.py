"""A gzip body made of parts that were deflated before, as one member (RFC 1951, RFC 1952).

Deflating a feed costs thirty times its copy, so a part is deflated once and spliced from then on.
A part ends with a full flush: on a byte, and with nothing that a later part could refer to. The
checksum of the whole is combined from those of the parts, in steps that do not depend on their
length: CRC-32 is linear, so that the checksum of "a" before a "b" of n bytes is that of "a" times
x^(8n), in polynomials over GF(2), plus that of "b".
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable
from functools import cached_property, lru_cache

LEVEL = 6
_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"  # no name, no date, no operating system
_LAST_BLOCK = b"\x03\x00"  # empty, with fixed codes
_POLYNOMIAL = 0xEDB88320  # of CRC-32, with its bits reversed: x^0 is the highest
_X0 = 1 << 31


class BodyPart:
    """A run of bytes in a body. It is deflated when somebody first takes gzip."""

    def __init__(self, plain: bytes) -> None:
        self.plain = plain

    @cached_property
    def deflated(self) -> bytes:
        """Return the bytes in blocks of their own."""
        deflate = zlib.compressobj(LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
        return deflate.compress(self.plain) + deflate.flush(zlib.Z_FULL_FLUSH)

    @cached_property
    def checksum(self) -> int:
        """Return the CRC-32."""
        return zlib.crc32(self.plain)

    @cached_property
    def shift(self) -> int:
        """Return the factor of a checksum that stands before this part: x^(8 * length)."""
        return _power(8 * len(self.plain))

    @property
    def size(self) -> int:
        """Return how many bytes it takes in memory."""
        return len(self.plain) + len(self.__dict__.get("deflated", b""))


def join_plain(parts: Iterable[BodyPart]) -> bytes:
    """Return the whole body."""
    return b"".join([part.plain for part in parts])


def join_gzip(parts: Iterable[BodyPart]) -> bytes:
    """Return the whole body as one member of gzip."""
    pieces = [_HEADER]
    checksum = length = 0
    for part in parts:
        pieces.append(part.deflated)
        checksum = _multiply(part.shift, checksum) ^ part.checksum
        length += len(part.plain)
    return b"".join((*pieces, _LAST_BLOCK, struct.pack("<II", checksum, length & 0xFFFFFFFF)))


def _multiply(factor: int, value: int) -> int:
    """Return the product of two polynomials modulo that of CRC-32."""
    product = 0
    while factor:
        if factor & _X0:
            product ^= value
        factor = factor << 1 & 0xFFFFFFFF
        value = value >> 1 ^ (_POLYNOMIAL if value & 1 else 0)
    return product


@lru_cache(maxsize=64)
def _square(index: int) -> int:
    """Return x^(2^index) modulo the polynomial of CRC-32."""
    if index == 0:
        return _X0 >> 1
    root = _square(index - 1)
    return _multiply(root, root)


def _power(exponent: int) -> int:
    """Return x^exponent modulo the polynomial of CRC-32."""
    power = _X0
    for index in range(exponent.bit_length()):
        if exponent >> index & 1:
            power = _multiply(_square(index), power)
    return power
