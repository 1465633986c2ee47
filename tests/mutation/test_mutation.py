"""The tool that makes faults: which it makes, whether they take effect, and when a run fails."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.mutation.__main__ import sample
from tests.mutation.modules import MODULES
from tests.mutation.operators import mutants
from tests.mutation.running import KILLED, ROOT, SURVIVED, TIMEOUT, Overlay
from tests.mutation.verdicts import Key, faults, read_survivors

EFFECTS = {
    "comparison": ("x = a < b", ["a < b -> a <= b"]),
    "chain": ("x = a < b == c", ["a < b == c -> a <= b == c", "a < b == c -> a < b != c"]),
    "and": ("x = a and b", ["a and b -> a or b"]),
    "not": ("x = not a", ["not a -> a"]),
    "sum": ("x = a + b", ["a + b -> a - b"]),
    "number": ("x = 5", ["5 -> 6", "5 -> 4"]),
    "truth": ("x = True", ["True -> False"]),
    "choice": ("x = a if b else c", ["a if b else c -> a if not b else c"]),
    "condition": ("if a:\n    x = b", ["a -> not a"]),
    "return": ("def f():\n    return a", ["return a -> return None"]),
    "call": ("f(a)", ["f(a) -> pass"]),
    "attribute": ("a.b = c", ["a.b = c -> pass"]),
    "raise": ("raise a", ["raise a -> pass"]),
    "twice": ("x = 0, 0", ["0 -> 1", "0 -> -1", "0 -> 1 (2)", "0 -> -1 (2)"]),
    "type": ("x: Literal[5] = a", []),
    "text": ("x = f'{5} times'", []),
    "log": ("_log.info(5)", []),
}


@pytest.mark.parametrize("case", EFFECTS)
def test_source_has_these_mutants(case: str) -> None:
    source, changes = EFFECTS[case]
    assert [mutant.change for mutant in mutants(source.encode())] == changes


def test_mutant_differs_in_one_place() -> None:
    source = 'def f(é):\n    # why\n    return "ü", é == 1  # and so on\n'
    (_, changed, *_) = mutants(source.encode())
    assert (changed.function, changed.line) == ("f", 3)
    assert changed.source.decode() == source.replace("é == 1", "(é != 1)")


def test_sample_does_not_depend_on_other_code() -> None:
    source = "".join(f"def f{number}(a):\n    return a < {number}\n" for number in range(20))
    before = sample("m", mutants(source.encode()), 10, "1")
    after = sample("m", mutants(b"X = 7 + 8\n" + source.encode()), 10, "1")
    assert len({key for key, _ in before} & {key for key, _ in after}) >= 8
    assert {key for key, _ in before} != {
        key for key, _ in sample("m", mutants(source.encode()), 10, "2")
    }


ADDED, NEGATED = Key("m", "f", "0 -> 1"), Key("m", "f", "0 -> -1")
REASON = "tuning: any will do"


@pytest.mark.parametrize(
    ("survivors", "verdicts", "count"),
    [
        pytest.param({ADDED: REASON}, {ADDED: SURVIVED, NEGATED: KILLED}, 0, id="as listed"),
        pytest.param({ADDED: REASON}, {NEGATED: TIMEOUT}, 0, id="not in this sample"),
        pytest.param({}, {ADDED: SURVIVED}, 1, id="unknown survivor"),
        pytest.param({ADDED: REASON}, {ADDED: KILLED}, 1, id="listed and killed"),
        pytest.param({Key("m", "g", "a"): REASON}, {}, 1, id="listed and gone"),
        pytest.param({Key("n", "g", "a"): REASON}, {}, 0, id="of a module that was not run"),
    ],
)
def test_run_fails_unless_the_list_is_true(
    survivors: dict[Key, str], verdicts: dict[Key, str], count: int
) -> None:
    assert len(faults(survivors, {"m": {ADDED, NEGATED}}, verdicts)) == count


@pytest.mark.parametrize(
    "entries",
    [
        pytest.param(['reason = "none"'], id="no kind of reason"),
        pytest.param(['reason = "tuning: x"'] * 2, id="twice"),
    ],
)
def test_survivor_without_a_reason_or_twice_is_refused(tmp_path: Path, entries: list[str]) -> None:
    path = tmp_path / "s.toml"
    begin = '[[survivor]]\nmodule = "m"\nfunction = "f"\nchange = "0 -> 1"\n'
    path.write_text("\n".join(begin + entry for entry in entries))
    with pytest.raises(ValueError, match="survivor"):
        read_survivors(path)


def test_listed_survivors_are_of_modules_under_mutation() -> None:
    assert {key.module for key in read_survivors()} <= set(MODULES)


@pytest.mark.parametrize("name", MODULES)
def test_module_and_its_tests_are_there(name: str) -> None:
    module = MODULES[name]
    assert (ROOT / module.path).is_file()
    paths = [test.partition("::")[0] for test in module.tests]
    assert [path for path in paths if not (ROOT / "tests" / path).is_file()] == []


@pytest.mark.slow
def test_overlay_is_imported_in_place_of_the_checkout(tmp_path: Path) -> None:
    module = MODULES["zones/posix"]._replace(tests=("zones/test_civil.py",))
    overlay = Overlay(tmp_path / "overlay")
    source = (ROOT / module.path).read_bytes()
    assert overlay.run(module, source, 120).verdict == SURVIVED
    assert overlay.run(module, b"raise ImportError", 120).verdict == KILLED
    assert overlay.run(module, b"while True: pass", 5).verdict == TIMEOUT
    assert (ROOT / module.path).read_bytes() == source
    assert (tmp_path / "overlay" / module.path).read_bytes() == source


def test_unknown_module_is_refused() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.mutation", "--module", "none"], cwd=ROOT, timeout=60,
        capture_output=True,
    )  # fmt: skip
    assert done.returncode == 2
