"""The public names of the package, and the modules that its import loads."""

from __future__ import annotations

import subprocess
import sys

import pytest

import summitry

HEAVY = ("grpc", "google", "rich", "pytz", "yaml", "icalendar", "argparse")


@pytest.mark.parametrize("name", summitry.__all__)
def test_each_public_name_can_be_had(name: str) -> None:
    assert getattr(summitry, name) is not None


def test_public_names_are_sorted_and_each_has_a_home() -> None:
    assert summitry.__all__ == sorted(summitry._HOME)
    assert set(summitry.__all__) <= set(dir(summitry))


def test_other_names_are_not_there() -> None:
    with pytest.raises(AttributeError, match="'summitry' has no attribute 'Nobody'"):
        _ = summitry.Nobody


def loaded_by(code: str) -> set[str]:
    """Return the packages that are loaded after running some code in a fresh interpreter."""
    report = "import sys; print(*{name.partition('.')[0] for name in sys.modules})"
    run = subprocess.run(
        [sys.executable, "-c", f"{code}\n{report}"], capture_output=True, text=True, check=True
    )
    return set(run.stdout.splitlines()[-1].split())


@pytest.mark.parametrize(
    ("code", "allowed"),
    [
        pytest.param("import summitry", set(), id="import summitry"),
        pytest.param("import summitry; summitry.SummitryError", set(), id="an error"),
        pytest.param(
            "from summitry.__main__ import main\ntry: main(['--help'])\nexcept SystemExit: pass",
            {"argparse"},
            id="summitry --help",
        ),
        pytest.param("import summitry.formats.files", {"google", "yaml"}, id="files"),
    ],
)
def test_nothing_heavy_is_loaded_before_it_is_needed(code: str, allowed: set[str]) -> None:
    assert loaded_by(code) & set(HEAVY) <= allowed
