"""Files that commands and followers write: all of the new content, or the old file as it was.

A regular file is replaced by a rename, so a crash leaves the old or the new content. A rename onto
anything else would turn it into a file: devices, FIFOs and descriptors (`/dev/stdout`,
`/dev/fd/9`) are written straight through, and of a symbolic link the file that it leads to is
replaced. Mode and owner of the old file stay.
"""

from __future__ import annotations

import os
import re
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import IO, Any, TypeAlias

StrPath: TypeAlias = str | os.PathLike[str]

_DESCRIPTOR = re.compile(r"/(?:dev|proc/self)/fd/(\d+)")
_MOST_LINKS = 40  # as Linux has it (path_resolution(7))


@contextmanager
def open_output(path: StrPath) -> Iterator[IO[bytes]]:
    """Open what `path` names for writing; a regular file has the new content when this is left.

    An exception within leaves the old file, and no other. Raises OSError.
    """
    target = _follow(os.fspath(path))
    if (number := _descriptor(target)) is not None:
        with os.fdopen(_duplicate(number, target), "wb") as stream:
            yield stream
        return
    old = _stat(target)
    if old is not None and not stat.S_ISREG(old.st_mode):
        with open(target, "wb") as stream:
            yield stream
        return
    with _replacement(target, old) as stream:
        yield stream


def write_file(path: StrPath, data: bytes) -> None:
    """Write `data` as the whole content of a file. Raises OSError."""
    with open_output(path) as stream:
        stream.write(data)


@contextmanager
def _replacement(target: str, old: os.stat_result | None) -> Iterator[IO[bytes]]:
    """Open a temporary file, which takes the place of the target unless an exception arises."""
    folder = os.path.dirname(target)
    with _temporary(folder, target) as stream:
        try:
            yield stream
            stream.flush()
            _set_owner_and_mode(stream.fileno(), old)
            os.fsync(stream.fileno())
            os.replace(stream.name, target)
        except BaseException:
            with suppress(OSError):
                os.unlink(stream.name)
            raise
    _sync_folder(folder)


def _temporary(folder: str, target: str) -> Any:
    """Return a new file in the folder; an error names the target, which is what the user typed."""
    try:
        return tempfile.NamedTemporaryFile(dir=folder, prefix=".summitry-", delete=False)
    except OSError as error:
        raise OSError(error.errno, error.strerror, target) from error


def _set_owner_and_mode(number: int, old: os.stat_result | None) -> None:
    """Give a new file the owner and mode of the old one, or the mode that the umask gives."""
    if os.name == "nt":  # no modes there, and files belong to who makes them
        return
    if old is None:
        os.fchmod(number, 0o666 & ~_umask())
        return
    mode = stat.S_IMODE(old.st_mode)
    try:
        os.fchown(number, old.st_uid, old.st_gid)
    except OSError:
        # The bits of the group were meant for the old group, and set-id bits for the old owner.
        mode &= ~(stat.S_IRWXG | stat.S_ISUID | stat.S_ISGID)
    os.fchmod(number, mode)


def _umask() -> int:
    present = os.umask(0o077)
    os.umask(present)
    return present


def _follow(path: str) -> str:
    """Resolve the symbolic links of a path, except those to open descriptors (/dev/fd).

    `/proc/self/fd/1` is a link to the file that is open: who followed it would replace a file
    that somebody else still writes to.
    """
    target = _absolute(path)
    for _ in range(_MOST_LINKS):
        if _descriptor(target) is not None or not os.path.islink(target):
            return target
        target = _absolute(os.path.join(os.path.dirname(target), os.readlink(target)))
    return target  # a loop, of which the next system call tells


def _absolute(path: str) -> str:
    """Return the absolute path, with the links of its folder resolved."""
    folder, name = os.path.split(path)
    # "x/.." and "x/" name folders; open() says so in its own words.
    return os.path.join(os.path.realpath(folder or "."), name)


def _descriptor(path: str) -> int | None:
    """Return the number of the descriptor of this process that a path stands for."""
    match = _DESCRIPTOR.fullmatch(path.replace(f"/proc/{os.getpid()}/", "/proc/self/"))
    return int(match[1]) if match else None


def _duplicate(number: int, path: str) -> int:
    try:
        return os.dup(number)
    except OSError as error:
        raise OSError(error.errno, error.strerror, path) from error


def _stat(path: str) -> os.stat_result | None:
    try:
        return os.stat(path)
    except FileNotFoundError:
        return None


def _sync_folder(folder: str) -> None:
    """Make a rename durable, where folders can be opened; Windows does it by itself."""
    if os.name == "nt":
        return
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
