import shutil
import sys
from importlib import import_module
from itertools import pairwise
from pathlib import Path

import pytest

from summitry.zones import (
    TzDb,
    UnknownVersionError,
    ZoneDataError,
    available,
    by_version,
    default_database,
    newest,
    parse_civil,
    parse_rfc3339,
)
from summitry.zones.sources import release

OLD = Path(__file__).resolve().parents[1] / "data" / "tzdb-2023c"
CARRIED = TzDb.from_pytz().version
PACKAGED: str = import_module("tzdata").IANA_VERSION


def tree(root: Path, version: str) -> Path:
    """Write a database of a single zone, with a version file or without one."""
    root.mkdir(parents=True)
    shutil.copy(OLD / "UTC", root / "UTC")
    if version:
        (root / "+VERSION").write_text(f"{version}\n")
    return root


def test_versions_are_ordered_by_year_and_letters() -> None:
    versions = [
        "",
        "local",
        "2022g",
        "2023c",
        "2023z",
        "2023za",
        "2023zb",
        "2024a",
        "2026f",
        "2030b",
    ]
    assert all(release(a) < release(b) for a, b in pairwise(versions[1:]))
    assert release("2026b-dirty") == release("2026b-3-gabcdef0") == release("2026b")
    assert release("") == release("local")


def test_packages_are_sources_and_pytz_comes_first_of_the_same_release() -> None:
    sources = available()
    assert {(source.name, source.version) for source in sources} == {
        ("pytz", CARRIED),
        ("tzdata", PACKAGED),
    }
    assert all(release(a.version) >= release(b.version) for a, b in pairwise(sources))
    if release(CARRIED) >= release(PACKAGED):
        assert sources[0].name == "pytz"


@pytest.mark.parametrize("name", ["pytz", "tzdata"])
def test_sources_agree_on_the_time_of_a_summit(name: str) -> None:
    database = next(source for source in available() if source.name == name).load()
    assert database.source == name
    wall = parse_civil("2024-07-04T10:00")
    assert database.zone("Asia/Almaty").candidates(wall)[0] == parse_rfc3339("2024-07-04T05:00Z")[0]


def test_default_is_the_newest_package_and_is_cached() -> None:
    assert default_database() is default_database()
    assert release(default_database().version) == max(release(CARRIED), release(PACKAGED))


@pytest.mark.parametrize(
    ("version", "wins"),
    [("2999a", True), ("2999a-dirty", True), (CARRIED, False), ("2020a", False), ("local", False)],
    ids=["newer", "newer-and-dirty", "same", "older", "not-a-release"],
)
def test_the_newest_wins(tmp_path: Path, version: str, wins: bool) -> None:
    root = tree(tmp_path / "zones", version)
    database = newest(root)
    assert (database.source == str(root)) is wins
    assert database.version == (version if wins else default_database().version)


def test_the_configured_directory_goes_before_the_package(tmp_path: Path) -> None:
    root = tree(tmp_path / "zones", PACKAGED)
    names = [source.name for source in available(root) if source.version == PACKAGED]
    assert names.index(str(root)) < names.index("tzdata")


def test_directory_of_releases_gives_a_source_for_each(tmp_path: Path) -> None:
    tree(tmp_path / "current", "2998b")
    tree(tmp_path / "2998c", "")
    tree(tmp_path / "nameless", "")
    shutil.copytree(OLD, tmp_path / "of-2023")
    (tmp_path / "notes.txt").write_text("2999a")
    sources = available(tmp_path)
    assert [(source.version, Path(source.name).name) for source in sources] == [
        ("2998c", "2998c"),
        ("2998b", "current"),
        *((source.version, source.name) for source in available()),
        ("2023c", "of-2023"),
    ]
    assert newest(tmp_path).version == "2998c"
    assert by_version("2998b", tmp_path).source == str(tmp_path / "current")


def test_unknown_version_is_taken_from_the_directory(tmp_path: Path) -> None:
    # pytz 2023.3 carries release 2023c under such a first line.
    root = tree(tmp_path / "2023c", "")
    (root / "tzdata.zi").write_text("# version unknown-dirty\nZ UTC 0 - UTC\n")
    assert [source.version for source in available(tmp_path)].count("2023c") == 1
    assert by_version("2023c", tmp_path).ids == ("UTC",)


def test_release_is_loaded_by_its_version(tmp_path: Path) -> None:
    tree(tmp_path / "a", "2998b-dirty")
    tree(tmp_path / "b", "2998b")
    assert by_version(CARRIED).version == CARRIED
    assert by_version("2998b", tmp_path).version == "2998b"
    assert by_version("2998b-dirty", tmp_path).version == "2998b-dirty"
    shutil.rmtree(tmp_path / "b")
    assert by_version("2998b", tmp_path).version == "2998b-dirty"


@pytest.mark.parametrize("version", ["2001a", "", "local", "../2023c", "2023c\n"])
def test_missing_release_is_rejected_with_the_available_ones(tmp_path: Path, version: str) -> None:
    shutil.copytree(OLD, tmp_path / "of-2023")
    tree(tmp_path / "own", "built at home")
    with pytest.raises(UnknownVersionError) as refusal:
        by_version(version, tmp_path)
    assert refusal.value.value == version
    assert refusal.value.versions == tuple(dict.fromkeys(s.version for s in available(tmp_path)))
    assert "2023c" in str(refusal.value)


@pytest.mark.parametrize("entry", [None, "a file", "an empty directory", "nameless"])
def test_directory_without_a_database_is_rejected(tmp_path: Path, entry: str | None) -> None:
    root = tmp_path / "zones"
    if entry == "a file":
        root.write_text("2999a")
    elif entry is not None:
        tree(root / "some", "") if entry == "nameless" else root.mkdir()
    with pytest.raises(ZoneDataError) as refusal:
        newest(root)
    assert refusal.value.value == str(root)


def test_sources_without_the_package_tzdata(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tzdata", None)
    assert [source.name for source in available()] == ["pytz"]


def test_two_releases_side_by_side_in_one_process() -> None:
    wall = parse_civil("2024-07-04T10:00")
    before, after = by_version("2023c", OLD), newest(OLD)
    instants = [db.zone("Asia/Almaty").candidates(wall)[0] for db in (before, after)]
    assert instants == [
        parse_rfc3339("2024-07-04T04:00Z")[0],
        parse_rfc3339("2024-07-04T05:00Z")[0],
    ]
