"""ical.js, with which Thunderbird reads, and node-ical: no error, the same instants."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

MODULES = Path(__file__).resolve().parents[2] / "interop" / "node_modules"
NODE = shutil.which("node")

ICAL_JS = """
const ICAL = require("ical.js");
const text = require("fs").readFileSync(0, "utf8");
ICAL.design.strict = true;
const root = new ICAL.Component(ICAL.parse(text));
for (const zone of root.getAllSubcomponents("vtimezone"))
  ICAL.TimezoneService.register(new ICAL.Timezone(zone));
const moment = (time) => (time.isDate ? time.toString() : time.toUnixTime());
console.log(JSON.stringify(root.getAllSubcomponents("vevent").map((part) => {
  const event = new ICAL.Event(part);
  return [event.uid, moment(event.startDate), moment(event.endDate)];
})));
"""
# It has days as Date at midnight of the machine's zone, which is UTC here.
NODE_ICAL = """
const ical = require("node-ical");
const found = Object.values(ical.sync.parseICS(require("fs").readFileSync(0, "utf8")));
const moment = (time) =>
  time.dateOnly ? time.toISOString().slice(0, 10) : time.getTime() / 1000;
console.log(JSON.stringify(found.filter((part) => part.type === "VEVENT").map(
  (event) => [event.uid, moment(event.start), moment(event.end)])));
"""


@pytest.mark.skipif(NODE is None, reason="no node on this machine")
@pytest.mark.parametrize(
    ("module", "script"),
    [("ical.js", ICAL_JS), ("node-ical", NODE_ICAL)],
    ids=["ical.js", "node-ical"],
)
class TestJavaScript:
    def read(self, module: str, script: str, data: bytes) -> dict[str, tuple[Any, Any]]:
        if not (MODULES / module).is_dir():
            pytest.skip(f"no {module}; make interop installs it")
        assert NODE
        done = subprocess.run(
            [NODE, "-e", script], input=data, capture_output=True, timeout=60, check=True,
            env={"TZ": "UTC", "NODE_PATH": str(MODULES)},
        )  # fmt: skip
        assert done.stderr == b""
        return {uid: (start, end) for uid, start, end in json.loads(done.stdout)}

    def test_core_feed_has_the_same_instants(self, module: str, script: str, feed: Any) -> None:
        read = self.read(module, script, feed.data)
        assert read.keys() == feed.facts.keys()
        for uid, (start, end) in feed.facts.items():
            assert read[uid][0] == start
            assert end is None or read[uid][1] == end

    def test_rich_feed_has_the_same_instants(
        self, module: str, script: str, rich_feed: Any
    ) -> None:
        starts = {
            uid: start for uid, (start, _) in self.read(module, script, rich_feed.data).items()
        }
        assert starts == {uid: start for uid, (start, _) in rich_feed.facts.items()}
