from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path

import pytest

from summitry.zones import TzDb, default_database

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"

TABLES_RELEASE = "2026f"
"""The release of the time zone database that the tables of ../shared/data were made from."""


@pytest.fixture(scope="session")
def db() -> TzDb:
    return default_database()


@pytest.fixture(scope="session")
def tables_release() -> str:
    """Return the release of the time zone database that the tables were made from."""
    return TABLES_RELEASE


@pytest.fixture
def same_release(db: TzDb) -> None:
    """Skip a test of the tables under any other release; one test fails for all of them."""
    if db.version != TABLES_RELEASE:
        pytest.skip(f"the tables are of release {TABLES_RELEASE}, not {db.version}")


@pytest.fixture(scope="session")
def slim() -> TzDb:
    """Return a database built "slim", from the package tzdata: no transitions after 2037 or so."""
    return TzDb.from_directory(Path(str(import_module("tzdata").__file__)).with_name("zoneinfo"))


@pytest.fixture(scope="session")
def old() -> TzDb:
    """Return release 2023c, with the zones that changed since."""
    return TzDb.from_directory(Path(__file__).resolve().parents[1] / "data" / "tzdb-2023c")


@pytest.fixture(scope="session")
def rows() -> Callable[[str], list[dict[str, str]]]:
    """Return the rows of a table of ../shared/data, or skip the test."""

    def read(name: str) -> list[dict[str, str]]:
        path = DATA / name
        if not path.exists():
            pytest.skip(f"{name} does not lie beside the checkout in ../shared/data")
        return list(_records(path))

    return read


def _records(path: Path) -> Iterator[dict[str, str]]:
    lines = (line for line in path.read_text().splitlines() if not line.startswith("#"))
    header = next(lines).split("\t")
    for line in lines:
        yield dict(zip(header, line.split("\t"), strict=True))
