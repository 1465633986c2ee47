"""The pages in headless Chromium: drawn, with their script and styles, and accessible to axe.

Skipped by name where Chromium or the npm package axe-core is missing.
"""

from __future__ import annotations

import html
import json
import re
import shutil
import struct
import subprocess
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
AXE = Path(__file__).parents[2] / "interop/node_modules/axe-core/axe.min.js"
VIEWS = (
    "",
    "?view=month",
    "?view=timeline",
    "?view=agenda&lang=ar",
    "?view=timeline&lang=zh",
    "?view=year",
)
QUIET = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--hide-scrollbars",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
LIGHT, DARK = "--blink-settings=preferredColorScheme=1", "--blink-settings=preferredColorScheme=0"

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")

Browse = Callable[..., str]


@pytest.fixture
def browse(tmp_path: Path) -> Browse:
    """Return a function that runs Chromium once and returns its output."""

    def run(url: str, *options: str) -> str:
        profile = f"--user-data-dir={tmp_path / 'profile'}"
        command = [str(CHROMIUM), *QUIET, profile, *options, url]
        done = subprocess.run(command, capture_output=True, text=True, timeout=90, check=True)
        return done.stdout

    return run


def pixels(png: bytes) -> list[bytes]:
    """Return the rows of a PNG as Chromium writes them: 8 bits, RGB or RGBA, not interlaced."""
    width, height, depth, colour, _, _, interlaced = struct.unpack(">IIBBBBB", png[16:29])
    assert (depth, interlaced) == (8, 0)
    size = {2: 3, 6: 4}[colour]
    data, at = b"", 8
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        if png[at + 4 : at + 8] == b"IDAT":
            data += png[at + 8 : at + 8 + length]
        at += length + 12
    raw, stride = zlib.decompress(data), width * size + 1
    rows, before = [], bytes(stride - 1)
    for number in range(height):
        line = raw[number * stride : (number + 1) * stride]
        before = remove_filter(line[0], line[1:], before, size)
        rows.append(before)
    return rows


def remove_filter(kind: int, line: bytes, above: bytes, size: int) -> bytes:
    """Return a row of a PNG without its filter (PNG section 9.2)."""
    row = bytearray(line)
    for i in range(len(row)):
        behind = row[i - size] if i >= size else 0
        corner = above[i - size] if i >= size else 0
        up = above[i]
        guess = behind + up - corner
        nearest = min((behind, up, corner), key=lambda value: abs(guess - value))
        row[i] = (row[i] + (0, behind, up, (behind + up) // 2, nearest)[kind]) & 255
    return bytes(row)


@pytest.mark.parametrize("scheme", [LIGHT, DARK], ids=["light", "dark"])
def test_a_page_is_drawn(shared_site: Any, browse: Browse, tmp_path: Path, scheme: str) -> None:
    picture = tmp_path / "page.png"
    address = f"http://127.0.0.1:{shared_site.port}/calendars/astana?view=timeline"
    browse(address, scheme, "--window-size=600,500", f"--screenshot={picture}")
    rows = pixels(picture.read_bytes())
    corner = rows[0][:3]
    assert sum(corner) > 600 if scheme == LIGHT else sum(corner) < 150
    accent = {bytes(row[i : i + 3]) for row in rows for i in range(0, len(row), len(row) // 600)}
    assert bytes.fromhex("1f4b7a" if scheme == LIGHT else "8ab8ea") in accent, "styles are missing"


def test_the_copy_button_shows_where_scripts_run(shared_site: Any, browse: Browse) -> None:
    page = browse(f"http://127.0.0.1:{shared_site.port}/", "--dump-dom")
    (button,) = re.findall(r"<button[^>]*data-copy[^>]*>", page)
    assert "hidden" not in button


Evaluate = Callable[..., Any]
FRAME = (
    "<!DOCTYPE html><html><body><script>addEventListener('message', event => {{"
    "document.body.textContent = 'VALUE' + event.data + 'END' }})</script>"
    '<iframe src="{source}" style="width: {width}px; height: 844px; border: 0"></iframe>'
)
PHONE = 390
# Elements that a finger or the keyboard reaches, but for those that show only with the keyboard.
TARGETS = (
    "[...document.querySelectorAll('a[href], button, input:not([type=hidden]), summary')]"
    ".filter(e => !e.closest('svg, .skip') && e.checkVisibility())"
)


@pytest.fixture
def evaluate(browse: Browse, tmp_path: Path) -> Evaluate:
    """Return a function: the value of a JavaScript expression on a page of a site, through JSON.

    The page is a copy with its styles inside and without its script, in a frame of a width in
    pixels, since no window of Chromium is as narrow as a phone. `before` runs first.
    """

    def value(
        site: Any, path: str, expression: str, *options: str, width: int = 1440, before: str = ""
    ) -> Any:
        text = site.get(path, Host="cal.example", Accept="text/html").body.decode()
        (style,) = re.findall(r'href="(/static/site[^"]*)"', text)
        css = site.get(style).body.decode()
        head = f"<style>{css}</style><script>{before}</script>"
        text = re.sub(r"<(link|script)[^>]*>(</script>)?", "", text)
        text = text.replace("</head>", head + "</head>")
        script = (
            f"Promise.resolve({expression})"
            ".then(value => parent.postMessage(JSON.stringify(value), '*'))"
        )
        copy, frame = tmp_path / "copy.html", tmp_path / "frame.html"
        copy.write_text(text.replace("</body>", f"<script>{script}</script></body>"))
        frame.write_text(FRAME.format(width=width, source=copy.name))
        page = browse(frame.as_uri(), *options, "--dump-dom", "--virtual-time-budget=10000")
        report = re.search("<body[^>]*>VALUE(.*)END", page, re.DOTALL)
        assert report, "the page did not answer"
        return json.loads(html.unescape(report[1]))

    return value


@pytest.mark.skipif(not AXE.exists(), reason="axe-core is not installed: make interop")
@pytest.mark.parametrize(
    ("scheme", "views"), [(LIGHT, VIEWS), (DARK, VIEWS[:1])], ids=["light", "dark"]
)
def test_axe_finds_no_fault(
    shared_site: Any, evaluate: Evaluate, scheme: str, views: tuple[str, ...]
) -> None:
    violations = (
        "axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'best-practice']})"
        ".then(r => r.violations.map(v => [v.id, v.nodes.map(n => n.html)]))"
    )
    axe = AXE.read_text()
    faults = {
        view: evaluate(shared_site, f"/calendars/astana{view}", violations, scheme, before=axe)
        for view in views
    }
    assert faults == {view: [] for view in views}


def test_paragraphs_of_details_stand_apart(site: Any, evaluate: Evaluate) -> None:
    site.source.put("astana", "lunch", "Lunch").summaries.add(text="A lunch")
    margins = evaluate(
        site,
        "/calendars/astana",
        "[...document.querySelectorAll('#meeting-lunch details p')]"
        ".map(p => parseFloat(getComputedStyle(p).marginBottom))",
    )
    assert len(margins) > 1 and min(margins) >= 8


@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize("view", ["agenda", "month", "timeline"])
def test_page_fits_a_phone_and_a_finger(
    site: Any, evaluate: Evaluate, view: str, language: str
) -> None:
    for number in range(9):
        site.source.put("astana", f"m{number}", f"A meeting about everything, part {number}")
    too_wide, too_low = evaluate(
        site,
        f"/calendars/astana?view={view}&month=2024-07&lang={language}",
        "[document.documentElement.scrollWidth - innerWidth,"
        f"{TARGETS}.filter(e => e.getBoundingClientRect().height < 44).map(e => e.outerHTML)]",
        width=PHONE,
    )
    assert too_wide <= 0
    assert too_low == []


def test_first_event_is_on_the_first_screen_and_near_by_keyboard(
    shared_site: Any, evaluate: Evaluate
) -> None:
    bottom, stops, skip = evaluate(
        shared_site,
        "/calendars/astana",
        "[document.querySelector('.item').getBoundingClientRect().bottom,"
        f"{TARGETS}.indexOf(document.querySelector('.item summary')),"
        "document.querySelector('.skip').hash]",
        width=PHONE,
    )
    assert bottom < 844
    assert stops <= 8
    assert skip == "#events"


def test_beginning_of_a_title_in_another_script_is_shown(site: Any, evaluate: Evaluate) -> None:
    title = "Ministers of the interior confer on a title that is too long for its day"
    site.source.put("astana", "long", title, day=9)
    cut, shift = evaluate(
        site,
        "/calendars/astana?view=month&month=2024-07&lang=ar",
        "(link => { const range = document.createRange(); range.selectNodeContents("
        "link.querySelector('bdi')); const text = range.getBoundingClientRect(), box = "
        "link.getBoundingClientRect(); return [text.width > box.width, text.left - box.left] })"
        "(document.querySelector('a[href$=meeting-long]'))",
    )
    assert cut and shift >= 0, "the beginning is cut off"


@pytest.mark.parametrize("width", [PHONE, 1440])
def test_copy_button_is_hidden_where_no_script_runs(
    shared_site: Any, evaluate: Evaluate, width: int
) -> None:
    visible = "[...document.querySelectorAll('[data-copy]')].map(e => e.checkVisibility())"
    assert evaluate(shared_site, "/", visible, width=width) == [False]
