"""Clients that are not ours: buf curl and grpc-js, by reflection. Skipped by name where missing."""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from summitry import Calendar, Client, Meeting, Summit
from tests.certificates import Authority

HERE = Path(__file__).parent
BUF = shutil.which("buf", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
AGENDA = {
    "parent": "calendars/astana-2024",
    "window": {"dates": {"first_date": "2024-07-03", "time_zone": "Asia/Almaty"}},
    "time_zone": "Europe/Paris",
}
TALKS = ("2024-07-03T07:00:00+02:00[Europe/Paris]", "2024-07-03T10:00:00+05:00[Asia/Almaty]")


def talks(answer: dict[str, Any]) -> tuple[str, str]:
    """Start of Xi's talks with Tokayev in the viewer's zone and in Astana's."""
    (item,) = (
        item for item in answer["items"] if item["record"]["name"].endswith("/xi-tokayev-talks")
    )
    return item["viewer_start"], item["record"]["meeting"]["time"]["resolved"]["start_text"]


def snake(value: Any) -> Any:
    """JSON with the names of the protos, as grpc-js has them, from those of protobuf-JSON."""
    if isinstance(value, list):
        return [snake(entry) for entry in value]
    if not isinstance(value, dict):
        return value
    return {re.sub("([A-Z])", r"_\1", key).lower(): snake(entry) for key, entry in value.items()}


def curl(address: str, method: str, body: dict[str, Any], *options: str) -> Any:
    assert BUF
    return subprocess.run(
        [BUF, "curl", "--protocol", "grpc", "--http2-prior-knowledge", *options,
         "-d", json.dumps(body), f"http://{address}/{method}"],
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip


@pytest.mark.skipif(BUF is None, reason="no buf on this machine")
@pytest.mark.parametrize("reflection", ["grpc-v1", "grpc-v1alpha"])
def test_buf_curl_by_reflection_returns_the_agenda(astana: Any, reflection: str) -> None:
    method = "summitry.v1.AgendaService/QueryAgenda"
    done = curl(astana.grpc, method, AGENDA, "--reflect", "--reflect-protocol", reflection)
    assert done.returncode == 0, done.stderr
    assert talks(snake(json.loads(done.stdout))) == TALKS


@pytest.mark.skipif(BUF is None, reason="no buf on this machine")
def test_buf_curl_shows_the_reason_of_an_error(astana: Any) -> None:
    body = {"name": "calendars/astana-2024/summits/none"}
    done = curl(astana.grpc, "summitry.v1.SummitService/GetSummit", body, "--reflect")
    assert done.returncode == 5 * 8, "gRPC NOT_FOUND"
    info = json.loads(done.stderr)["details"][0]
    assert info["type"] == "google.rpc.ErrorInfo"
    assert b"RECORD_NOT_FOUND" in base64.b64decode(info["value"] + "==")


@pytest.mark.skipif(BUF is None, reason="no buf on this machine")
def test_buf_curl_replaces_a_record(astana: Any) -> None:
    """The JSON of Go has no form for the mask "*"."""
    name = "calendars/astana-2024/summits/sco-24"
    body = {"summit": {"name": name, "titles": [{"text": "Council"}]}}
    method = "summitry.v1.SummitService/UpdateSummit"
    done = curl(astana.grpc, method, {**body, "updateMask": "*"}, "--reflect")
    assert done.returncode != 0
    done = curl(astana.grpc, method, {**body, "replace": True}, "--reflect")
    assert done.returncode == 0, done.stderr
    summit = json.loads(done.stdout)["summit"]
    assert summit["titles"] == body["summit"]["titles"]
    assert "places" not in summit


@pytest.mark.skipif(BUF is None, reason="no buf on this machine")
def test_health_check_reports_serving(astana: Any) -> None:
    done = curl(astana.grpc, "grpc.health.v1.Health/Check", {}, "--reflect")
    assert json.loads(done.stdout) == {"status": "SERVING"}


NODE_MODULES = HERE / "node_modules"


no_node = pytest.mark.skipif(shutil.which("node") is None, reason="no node on this machine")
no_grpc_js = pytest.mark.skipif(not NODE_MODULES.is_dir(), reason="no grpc-js: run `make interop`")


@no_node
@no_grpc_js
def test_grpc_js_by_reflection_returns_the_agenda(astana: Any) -> None:
    done = subprocess.run(
        ["node", "agenda.cjs", astana.grpc, json.dumps(AGENDA)],
        cwd=HERE, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert talks(json.loads(done.stdout)) == TALKS


@no_node
@no_grpc_js
def test_grpc_js_over_tls_returns_the_agenda(start: Any, tmp_path: Path) -> None:
    files = Authority(tmp_path / "authority").issue("server", "127.0.0.1")
    astana = start("--demo", *files.server_options)
    done = subprocess.run(
        ["node", "agenda.cjs", astana.grpc, json.dumps(AGENDA), str(files.authority)],
        cwd=HERE, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert talks(json.loads(done.stdout)) == TALKS


@no_node
@no_grpc_js
def test_grpc_js_reads_pages_of_large_records(service: Any) -> None:
    """40 meetings of 188 KB: more than the 4 MiB that a message may have by default."""
    summaries = [{"text": "x" * 16_000, "language_code": f"en-x-{n:02}"} for n in range(12)]
    day = {"dates": {"first_date": "2024-07-03"}}
    with Client(service.grpc) as client:
        client.create(Calendar(name="calendars/c"))
        for number in range(40):
            name = f"calendars/c/meetings/m{number:02}"
            client.create(Meeting(name=name, summaries=summaries, time=day))
    request = {**AGENDA, "parent": "calendars/c", "page_size": 1000}
    done = subprocess.run(
        ["node", "agenda.cjs", service.grpc, json.dumps(request)],
        cwd=HERE, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert len(json.loads(done.stdout)["items"]) == 40


@no_node
@no_grpc_js
def test_grpc_js_resumes_a_watch_after_a_restart(process: Any) -> None:
    """The server is killed, and started again on its file: each change is delivered once."""
    process.write(Calendar(name="calendars/c"))
    command = ["node", "watch.cjs", process.address, "calendars/c"]
    with subprocess.Popen(command, cwd=HERE, stdout=subprocess.PIPE, text=True) as watch:
        messages = (json.loads(line) for line in watch.stdout or ())
        assert next(messages) == {"caught_up": 1}
        for turn in range(2):
            process.write(Summit(name=f"calendars/c/summits/before-{turn}"))
            process.end()
            process.start()
            process.write(Summit(name=f"calendars/c/summits/after-{turn}"))
        changes: list[Any] = []
        breaks = 0
        while len(changes) < 4:
            message = next(messages)
            breaks += "broken" in message
            changes += [message] if "name" in message else []
        watch.kill()
    assert breaks >= 2
    assert [(message["revision"], message["name"].rpartition("/")[2]) for message in changes] == [
        (2, "before-0"), (3, "after-0"), (4, "before-1"), (5, "after-1")
    ]  # fmt: skip
    assert {message["kind"] for message in changes} == {"CHANGE_KIND_UPSERT"}
