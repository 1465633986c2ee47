import os
import shutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
import pytz

from summitry.zones import (
    TzDb,
    UnknownZoneError,
    WindowsZoneError,
    ZoneDataError,
    default_database,
    parse_civil,
)
from summitry.zones.windows_zone_ids import WINDOWS_ZONES

FILES = Path(pytz.__file__).with_name("zoneinfo")


def test_names_and_countries_are_those_of_pytz() -> None:
    db = TzDb.from_pytz()
    assert set(db.ids) == set(pytz.all_timezones)
    assert set(db.region_codes) == set(pytz.country_timezones)
    for code, zones in pytz.country_timezones.items():
        assert db.country_zones(code) == tuple(zones), code
    assert db.version == pytz.OLSON_VERSION  # type: ignore[attr-defined]
    assert db.source == "pytz"


def test_one_database_per_process() -> None:
    assert default_database() is default_database()


@pytest.mark.parametrize(
    ("zone_id", "key"),
    [
        ("Asia/Almaty", "Asia/Almaty"),
        ("asia/ALMATY", "Asia/Almaty"),
        ("utc", "UTC"),
        ("Asia/Calcutta", "Asia/Calcutta"),
        ("etc/gmt+5", "Etc/GMT+5"),
        ("EST5EDT", "EST5EDT"),
    ],
)
def test_ids_ignore_case_and_aliases_stay(db: TzDb, zone_id: str, key: str) -> None:
    assert db.zone(zone_id).key == key
    assert db.zone(zone_id) is db.zone(key)


@pytest.mark.parametrize(
    ("alias", "zone"),
    [
        ("Asia/Calcutta", "Asia/Kolkata"),
        ("asia/calcutta", "Asia/Kolkata"),
        ("Asia/Kolkata", "Asia/Kolkata"),
        ("UTC", "Etc/UTC"),
        ("Europe/Kiev", "Europe/Kyiv"),
    ],
)
def test_canonical_id_of_an_alias(db: TzDb, alias: str, zone: str) -> None:
    assert db.canonical(alias) == zone


def test_zones_of_a_country(db: TzDb) -> None:
    assert db.country_zones("kz") == db.country_zones("KZ")
    assert "Asia/Almaty" in db.country_zones("KZ")
    assert db.country_zones("XK") == ()


UNKNOWN = {
    "empty": ("", ()),
    "blank": (" ", ()),
    "padded": ("Europe/Paris ", ("Europe/Paris",)),
    "abbreviation": ("CST", ()),
    "utc-offset": ("UTC+5", ()),
    "bare-offset": ("+05:00", ()),
    "posix-rule": ("CET-1CEST,M3.5.0,M10.5.0/3", ()),
    "capital-not-an-id": ("Asia/Astana", ("Asia/Almaty",)),
    "capital-renamed": ("Asia/Nur-Sultan", ("Asia/Almaty",)),
    "city-alone": ("New_York", ("America/New_York",)),
    "city-with-blank": ("America/New York", ("America/New_York",)),
    "capital-in-cyrillic": ("Астана", ("Asia/Almaty",)),
    "capital-in-french": ("Asie/Pékin", ("Asia/Shanghai",)),
    "homonym": ("America/Kingston", ("America/Toronto", "America/Jamaica", "Pacific/Norfolk")),
    "wrong-continent": ("Asia/Istanbull", ("Asia/Istanbul",)),
    "traversal": ("../../etc/passwd", ()),
    "traversal-from-a-directory": ("Europe/../Asia/Almaty", ("Asia/Almaty",)),
    "absolute": ("/etc/localtime", ()),
    "a-directory": ("America/Argentina", ("America/Argentina/Salta",)),
    "a-table": ("zone.tab", ()),
    "no-zone-set": ("Factory", ()),
    "nul": ("Asia/Almaty\0", ("Asia/Almaty",)),
    "bidi": ("\u202eytamlA/aisA", ()),
    "kelvin-sign": ("Asia/\u212aolkata", ("Asia/Kolkata",)),
    "long": ("A" * 1_000_000, ()),
}


@pytest.mark.parametrize(("value", "suggestions"), UNKNOWN.values(), ids=UNKNOWN)
def test_unknown_zone_is_rejected_with_suggestions(
    db: TzDb, value: str, suggestions: tuple[str, ...]
) -> None:
    with pytest.raises(UnknownZoneError) as refusal:
        db.zone(value)
    assert refusal.value.value == value
    assert refusal.value.suggestions[: len(suggestions)] == suggestions
    assert bool(refusal.value.suggestions) is bool(suggestions)
    message = str(refusal.value)
    assert message.isascii() and message.isprintable() and len(message) < 400


@pytest.mark.parametrize(
    ("value", "suggestion"),
    [
        ("W. Europe Standard Time", "Europe/Berlin"),
        ("pacific standard time", "America/Los_Angeles"),
        ("UTC-11", "Etc/GMT+11"),
        ("Romance Daylight Time", None),
    ],
)
def test_windows_name_is_rejected_with_its_zone(
    db: TzDb, value: str, suggestion: str | None
) -> None:
    with pytest.raises(WindowsZoneError) as refusal:
        db.zone(value)
    assert (refusal.value.value, refusal.value.suggestion) == (value, suggestion)


def test_zone_of_every_windows_name_exists(db: TzDb) -> None:
    assert [zone for zone in WINDOWS_ZONES.values() if zone not in db.ids] == []


def test_alias_without_a_list_of_links_is_its_own_zone(tmp_path: Path) -> None:
    shutil.copytree(FILES / "Asia", tmp_path / "Asia")
    (tmp_path / "README").write_text("not a zone")
    (tmp_path / "posix").mkdir()
    shutil.copy(FILES / "UTC", tmp_path / "posix" / "UTC")
    (tmp_path / "+VERSION").write_text("2026f\n")
    bare = TzDb.from_directory(tmp_path)
    assert bare.version == "2026f"
    assert bare.source == str(tmp_path)
    assert bare.canonical("Asia/Calcutta") == "Asia/Calcutta"
    assert all(zone_id.startswith("Asia/") for zone_id in bare.ids)
    assert bare.country_zones("KZ") == ()


def test_listed_zone_without_a_file_is_left_out(tmp_path: Path) -> None:
    shutil.copytree(FILES / "Europe", tmp_path / "Europe")
    (tmp_path / "tzdata.zi").write_text("# version 2030a\nZ Europe/Paris 1\nZ Asia/Almaty 5\n")
    small = TzDb.from_directory(tmp_path)
    assert (small.version, small.ids) == ("2030a", ("Europe/Paris",))


def test_version_is_required_where_the_directory_has_none(tmp_path: Path) -> None:
    shutil.copy(FILES / "UTC", tmp_path / "UTC")
    with pytest.raises(ZoneDataError, match="version"):
        TzDb.from_directory(tmp_path)
    assert TzDb.from_directory(tmp_path, "2026f").version == "2026f"
    assert TzDb.from_directory(FILES, "2001a").version == "2001a"


def test_version_of_the_package_tzdata(slim: TzDb) -> None:
    assert slim.version == import_module("tzdata").IANA_VERSION


@pytest.mark.parametrize("entry", [None, "notes.txt"], ids=["missing", "without-zones"])
def test_directory_without_zones_is_rejected(tmp_path: Path, entry: str | None) -> None:
    root = tmp_path / "zones"
    if entry is not None:
        root.mkdir()
        (root / entry).write_text("nothing")
    with pytest.raises(ZoneDataError):
        TzDb.from_directory(root, "2026f")


def test_missing_or_damaged_file_is_rejected(tmp_path: Path) -> None:
    for name in ("CET", "EET"):
        shutil.copy(FILES / name, tmp_path / name)
    broken = TzDb.from_directory(tmp_path, "2026f")
    (tmp_path / "CET").unlink()
    (tmp_path / "EET").write_bytes(b"TZif")
    for name in ("CET", "EET"):
        with pytest.raises(ZoneDataError) as refusal:
            broken.zone(name)
        assert refusal.value.value == name


def test_two_databases_in_one_process(db: TzDb, tmp_path: Path) -> None:
    # Almaty as it was until the law of 2024: Omsk had, and has, the same +06:00.
    (tmp_path / "Asia").mkdir()
    shutil.copy(FILES / "Asia" / "Omsk", tmp_path / "Asia" / "Almaty")
    before = TzDb.from_directory(tmp_path, "2023c")
    wall = parse_civil("2024-07-04T10:00")
    moved = (
        db.zone("Asia/Almaty").candidates(wall)[0] - before.zone("Asia/Almaty").candidates(wall)[0]
    )
    assert moved == 3600
    assert before.zone("Asia/Almaty").fingerprint != db.zone("Asia/Almaty").fingerprint


SCRIPT = """
import pytz
from summitry.zones import default_database, parse_civil
db = default_database()
paris = db.zone("Europe/Paris").candidates(parse_civil("2040-07-04T10:00"))
print(db.version, len(db.ids), *paris, db.zone("Asia/Almaty").fingerprint, db.country_zones("KZ"))
"""


@pytest.mark.parametrize("name", ["TZ", "TZDIR", "PYTHONTZPATH", "PYTZ_TZDATADIR"])
def test_environment_variables_have_no_effect(tmp_path: Path, name: str) -> None:
    # A tree in which Paris and Almaty are at UTC, as slim files once made pytz believe.
    for zone_id in ("Europe/Paris", "Asia/Almaty"):
        (tmp_path / zone_id).parent.mkdir(exist_ok=True)
        shutil.copy(FILES / "UTC", tmp_path / zone_id)
    value = "Pacific/Apia" if name == "TZ" else str(tmp_path)
    clean = {key: text for key, text in os.environ.items() if key != name}
    usual, hostile = (
        subprocess.run(
            [sys.executable, "-c", SCRIPT], env=env, capture_output=True, text=True, check=True
        ).stdout
        for env in (clean, clean | {name: value})
    )
    assert usual == hostile
    assert usual.startswith(default_database().version)
