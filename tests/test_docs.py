"""The pages of docs/: links lead somewhere, decisions have one number each, the index is whole."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted(
    path
    for pattern in ("*.md", "docs/**/*.md", "requirements/*.md")
    for path in ROOT.glob(pattern)
    if path.name != "CHANGELOG.md"
)
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("*.md"))
DESCRIBED_CODE = ("CONTRIBUTING.md", "docs/design.md", "docs/vocabulary.md")
CODE_PATH = re.compile(r"`([\w./]+(?:\.py|\.proto|/))`")
BASES = ("", "client", "client/summitry", "server", "server/summitry_server", "protos/summitry/v1")
LINK = re.compile(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)")


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links_of_a_page_lead_to_files(page: Path) -> None:
    targets = LINK.findall(page.read_text(encoding="utf-8"))
    assert [target for target in targets if not (page.parent / target).exists()] == []


def test_each_decision_has_a_number_of_its_own_and_says_it() -> None:
    numbers = [path.name[:4] for path in DECISIONS]
    titles = [path.read_text(encoding="utf-8").splitlines()[0] for path in DECISIONS]
    assert len(set(numbers)) == len(numbers) > 20
    assert [title.split()[1].rstrip(".") for title in titles] == numbers


def test_index_names_every_page() -> None:
    index = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    pages = {path.name for path in (ROOT / "docs").glob("*.md")} - {"README.md"}
    assert pages - set(LINK.findall(index)) == set()


@pytest.mark.parametrize("page", DESCRIBED_CODE)
def test_code_paths_in_a_page_exist(page: str) -> None:
    paths = CODE_PATH.findall((ROOT / page).read_text(encoding="utf-8"))
    assert len(paths) > 5
    missing = [path for path in paths if not any((ROOT / base / path).exists() for base in BASES)]
    assert missing == []
