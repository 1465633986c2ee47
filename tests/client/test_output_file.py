"""Output files of commands: the kind of a path is kept, and a failed write leaves no part."""

from __future__ import annotations

import os
import stat
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from summitry.output_file import open_output, write_file

NEW = b"new"


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def umask() -> Iterator[None]:
    """Set the umask that most users have."""
    before = os.umask(0o022)
    yield
    os.umask(before)


def regular(folder: Path) -> Path:
    path = folder / "x"
    path.write_bytes(b"old, and longer than the new content")
    path.chmod(0o600)
    return path


def link(folder: Path) -> Path:
    (folder / "far").mkdir()
    regular(folder / "far")
    (folder / "middle").symlink_to(Path("far", "x"))
    (folder / "link").symlink_to("middle")
    return folder / "link"


def dangling(folder: Path) -> Path:
    (folder / "link").symlink_to("missing")
    return folder / "link"


FILES: dict[str, tuple[Callable[[Path], Path], str, int]] = {
    "a missing file": (lambda folder: folder / "x", "x", 0o644),
    "a regular file of mode 0600": (regular, "x", 0o600),
    "a link to a link": (link, "far/x", 0o600),
    "a dangling link": (dangling, "missing", 0o644),
}


@pytest.mark.parametrize("case", FILES)
def test_new_content_replaces_regular_file_alone(tmp_path: Path, umask: None, case: str) -> None:
    make, target, mode = FILES[case]
    path = make(tmp_path)
    links = path.is_symlink() and os.readlink(path)
    before = sorted(tmp_path.rglob("*"))
    write_file(path, NEW)
    assert (tmp_path / target).read_bytes() == NEW
    assert mode_of(tmp_path / target) == mode
    assert (path.is_symlink() and os.readlink(path)) == links
    assert sorted(tmp_path.rglob("*")) == sorted({*before, tmp_path / target})


@pytest.mark.parametrize("case", FILES)
def test_failed_write_leaves_old_content(tmp_path: Path, case: str) -> None:
    path = FILES[case][0](tmp_path)
    before = {file: file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()}
    with pytest.raises(ZeroDivisionError), open_output(path) as stream:
        stream.write(NEW)
        raise ZeroDivisionError
    assert {file: file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()} == before


def test_file_is_replaced_in_one_step(tmp_path: Path) -> None:
    path = regular(tmp_path)
    old = path.read_bytes()
    with path.open("rb") as reader, open_output(path) as stream:
        stream.write(NEW)
        stream.flush()
        assert path.read_bytes() == old
        assert reader.read() == old


def test_fifo_stays_fifo(tmp_path: Path) -> None:
    path = tmp_path / "fifo"
    os.mkfifo(path)
    received: list[bytes] = []
    reader = threading.Thread(target=lambda: received.append(path.read_bytes()), daemon=True)
    reader.start()
    write_file(path, NEW)
    reader.join(20)
    assert received == [NEW]
    assert stat.S_ISFIFO(path.stat().st_mode)
    assert os.listdir(tmp_path) == ["fifo"]


@pytest.mark.parametrize("link", [False, True], ids=["device", "link to device"])
def test_device_is_written_to(tmp_path: Path, link: bool) -> None:
    path = Path(os.devnull)
    if link:
        (tmp_path / "null").symlink_to(os.devnull)
        path = tmp_path / "null"
    before = os.stat(os.devnull)
    write_file(path, NEW)
    assert os.stat(os.devnull).st_ino == before.st_ino
    assert stat.S_ISCHR(path.stat().st_mode)


@pytest.mark.parametrize("form", ["/dev/fd/{}", "/proc/self/fd/{}", "link"])
def test_descriptor_is_written_where_it_stands(tmp_path: Path, form: str) -> None:
    file = tmp_path / "log"
    with file.open("ab") as stream:
        stream.write(b"before, ")
        stream.flush()
        path = Path(form.format(stream.fileno()))
        if form == "link":
            path = tmp_path / "stdout"
            path.symlink_to(f"/proc/self/fd/{stream.fileno()}")
        inode = file.stat().st_ino
        write_file(path, NEW)
        stream.write(b", after")
    assert file.read_bytes() == b"before, new, after"
    assert file.stat().st_ino == inode


def unopened(folder: Path) -> Path:
    number = os.open(os.devnull, os.O_RDONLY)
    os.close(number)
    return Path(f"/dev/fd/{number}")


def loop(folder: Path) -> Path:
    (folder / "loop").symlink_to("loop")
    return folder / "loop"


REFUSED: dict[str, Callable[[Path], Path]] = {
    "a folder": lambda folder: folder,
    "the folder above": lambda folder: folder / "..",
    "a folder that is missing": lambda folder: folder / "none" / "x",
    "a descriptor that is not open": unopened,
    "a link to itself": loop,
}


@pytest.mark.parametrize("case", REFUSED)
def test_path_that_is_no_file_is_refused_by_name(tmp_path: Path, case: str) -> None:
    path = REFUSED[case](tmp_path)
    before = os.listdir(tmp_path)
    with pytest.raises(OSError) as caught:
        write_file(path, NEW)
    assert Path(caught.value.filename).name == path.name
    assert os.listdir(tmp_path) == before


def test_file_in_read_only_folder_is_left_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The refusal comes from the system call, since root may write into any folder."""
    path = regular(tmp_path)
    old = path.read_bytes()

    def refuse(*args: object, **options: object) -> None:
        raise PermissionError(13, "Permission denied", str(tmp_path / ".summitry-x"))

    monkeypatch.setattr("summitry.output_file.tempfile.NamedTemporaryFile", refuse)
    with pytest.raises(PermissionError) as caught:
        write_file(path, NEW)
    assert caught.value.filename == str(path)
    assert path.read_bytes() == old


def test_bits_of_a_group_that_cannot_be_kept_are_dropped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = regular(tmp_path)
    path.chmod(0o664)

    def refuse(number: int, owner: int, group: int) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr("summitry.output_file.os.fchown", refuse)
    write_file(path, NEW)
    assert mode_of(path) == 0o604
