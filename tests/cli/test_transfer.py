"""Import and export from the command line: round trips and reports of errors."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
import pytest

from summitry.formats.files import read_records
from summitry.v1.transfer_service_pb2 import ImportRecordsResponse

SAMPLES = Path(__file__).resolve().parents[2] / "samples/astana-2024"


def lines(*records: dict[str, Any]) -> str:
    return "".join(json.dumps(record) + "\n" for record in records)


def summit(id_: str, **fields: Any) -> dict[str, Any]:
    return {"name": f"calendars/desk/summits/{id_}", **fields}


def test_new_changed_same_and_refused_are_counted(cli: Any, desk: Any) -> None:
    first = lines(summit("a", edition=1), summit("b", edition=2))
    assert cli("import", "-", stdin=first).out == "2 created, 0 updated, 0 unchanged, 0 failed\n"
    second = lines(
        summit("a", edition=1),
        summit("b", edition=3),
        summit("c"),
        summit("d", time={"dates": {"first_date": "2024-02-30"}}),
        summit("e", tittles=[]),
        {"name": "calendars/nope/summits/f"},
    )
    outcome = cli("import", "-", stdin=second)
    assert outcome.code == 1
    assert outcome.out == (
        "1 created, 1 updated, 1 unchanged, 3 failed\n"
        "refused: 1 INVALID_DATE, 1 PARENT_NOT_FOUND, 1 UNREADABLE\n"
    )
    errors = sorted(outcome.err.splitlines())
    assert errors[0].startswith(
        "summitry: <stdin>, line 4: summit.time.dates.first_date: '2024-02-30'"
    )
    assert errors[1].startswith("summitry: <stdin>, line 5, summit.tittles: no such field")
    assert errors[2].startswith("summitry: <stdin>, line 6: summit.name: there is no")


def test_records_are_written_in_the_order_of_what_they_refer_to(
    cli: Any, service: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUMMITRY_SERVER", service.grpc)
    path = tmp_path / "upside-down.ndjson"
    summit = "calendars/c/summits/s"
    path.write_text(
        lines(
            {
                "name": "calendars/c/delegations/d",
                "engagements": [{"event": "calendars/c/meetings/m"}],
            },
            {"name": "calendars/c/meetings/m", "parent_event": summit},
            {"name": "calendars/c/notices/n", "parent_event": summit},
            {"name": summit},
            {"name": "calendars/c"},
        )
    )
    assert cli("import", str(path)).out.startswith("5 created")


def test_the_last_of_several_records_of_a_name_holds(cli: Any, desk: Any) -> None:
    versions = [summit("a", edition=number) for number in range(1, 6)]
    outcome = cli("import", "-", stdin=lines(*versions, versions[-1]))
    assert outcome.out == "1 created, 4 updated, 1 unchanged, 0 failed\n"
    assert cli("summits", "get", "desk/a", "--output", "json").json["edition"] == 5


def test_an_import_makes_the_record_what_the_file_says(cli: Any, desk: Any) -> None:
    cli("import", "-", stdin=lines(summit("a", edition=1, series="sco", etag='"stale"')))
    cli("import", "-", "--merge", stdin=lines(summit("a", edition=2)))
    record = cli("summits", "get", "desk/a", "--output", "json").json
    assert (record["edition"], record["series"]) == (2, "sco")
    cli("import", "-", stdin=lines(summit("a", edition=3)))
    assert "series" not in cli("summits", "get", "desk/a", "--output", "json").json


def test_a_uid_that_is_taken_is_no_update(cli: Any, desk: Any) -> None:
    outcome = cli("import", "-", stdin=lines(summit("a", ical_uid="u"), summit("a2", ical_uid="u")))
    assert outcome.code == 1
    assert "1 created, 0 updated, 0 unchanged, 1 failed" in outcome.out
    assert "is the uid of calendars/desk/summits/a" in outcome.err


def test_a_deleted_name_stays_deleted(cli: Any, desk: Any) -> None:
    cli("import", "-", stdin=lines(summit("a")))
    cli("summits", "delete", "desk/a")
    outcome = cli("import", "-", stdin=lines(summit("a", edition=1)))
    assert outcome.code == 1
    assert "it is deleted" in outcome.err


def test_broken_yaml_stores_nothing(cli: Any, desk: Any, tmp_path: Path) -> None:
    path = tmp_path / "r.yaml"
    path.write_text("---\nname: calendars/desk/summits/a\n---\nname: [\n")
    outcome = cli("import", str(path))
    assert (outcome.code, outcome.out) == (4, "")
    assert "document 2: not YAML" in outcome.err
    assert cli("summits", "list", "--output", "json").json == []


@pytest.mark.parametrize("format_", ["ndjson", "yaml"])
def test_an_export_imports_into_an_empty_store(
    cli: Any, sample: Any, start: Any, tmp_path: Path, format_: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / f"out.{format_}"
    assert cli("export", "astana-2024", "-o", str(path)).code == 0
    same = cli("import", str(path)).out
    assert same.startswith("0 created, 0 updated, 32 unchanged, 0 failed\n")
    monkeypatch.setenv("SUMMITRY_SERVER", start().grpc)
    new = cli("import", str(path)).out
    assert new.startswith("32 created, 0 updated, 0 unchanged, 0 failed\n")
    again = cli("export", "astana-2024", "--format", format_).out
    assert facts(again, format_, tmp_path) == facts(path.read_text(), format_, tmp_path)


def facts(text: str, format_: str, folder: Path) -> list[Any]:
    """Return the records of an export without what each store stamps on them."""
    path = folder / f"facts.{format_}"
    path.write_text(text)
    records = [record for _, record in read_records(path)]
    for record in records:
        for stamp in ("etag", "revision", "create_time", "update_time", "source_digests"):
            record.ClearField(stamp)  # type: ignore[arg-type]
    return records


def test_the_samples_import_as_they_are(
    cli: Any, service: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUMMITRY_SERVER", service.grpc)
    files = [str(path) for path in sorted(SAMPLES.glob("*.yaml"))]
    assert cli("import", *files).out.startswith("32 created, 0 updated, 0 unchanged, 0 failed\n")


def test_icalendar_is_what_export_writes_by_default(cli: Any, sample: Any, tmp_path: Path) -> None:
    path = tmp_path / "astana.ics"
    outcome = cli("export", "calendars/astana-2024", "-o", str(path), "--language", "fr")
    assert (outcome.code, outcome.out) == (0, "")
    data = path.read_bytes()
    assert data.startswith(b"BEGIN:VCALENDAR\r\n")
    assert data.endswith(b"END:VCALENDAR\r\n")
    assert cli("export", "astana-2024", "--language", "fr").out.encode() == data


def test_a_failed_export_leaves_the_old_file(cli: Any, sample: Any, tmp_path: Path) -> None:
    path = tmp_path / "x.ics"
    path.write_text("old")
    assert cli("export", "nope", "-o", str(path)).code == 3
    assert path.read_text() == "old"


@pytest.mark.parametrize("suffix", ["docx", "json", "ics.gz", "2024"])
def test_suffix_of_no_format_is_refused(cli: Any, sample: Any, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"x.{suffix}"
    outcome = cli("export", "astana-2024", "-o", str(path))
    assert (outcome.code, path.exists()) == (2, False)
    assert "--format" in outcome.err and str(path) in outcome.err
    assert cli("export", "astana-2024", "--format", "csv", "-o", str(path)).code == 0


@pytest.mark.parametrize("name", ["x", "x.ICS", "x.2024.ics"])
def test_name_without_suffix_or_of_a_format_is_written(
    cli: Any, sample: Any, tmp_path: Path, name: str
) -> None:
    assert cli("export", "astana-2024", "-o", str(tmp_path / name)).code == 0
    assert (tmp_path / name).read_bytes().startswith(b"BEGIN:VCALENDAR")


def test_export_keeps_what_its_target_is(cli: Any, sample: Any, tmp_path: Path) -> None:
    file, link = tmp_path / "far.ics", tmp_path / "x.ics"
    file.write_text("old")
    file.chmod(0o600)
    link.symlink_to(file)
    assert cli("export", "astana-2024", "-o", str(link)).code == 0
    assert link.is_symlink() and file.stat().st_mode & 0o777 == 0o600
    assert file.read_bytes().startswith(b"BEGIN:VCALENDAR")
    assert cli("export", "astana-2024", "-o", "/dev/stdout").out.startswith("BEGIN:VCALENDAR")


@pytest.mark.parametrize(
    ("name", "option"),
    [("x.csv", "--profile csv"), ("x.xml", "--profile eventsml"), ("x.txt", "--profile P")],
)
def test_file_that_holds_no_records_is_told_its_option(
    cli: Any, desk: Any, tmp_path: Path, name: str, option: str
) -> None:
    path = tmp_path / name
    path.write_text("name\ncalendars/desk\n")
    outcome = cli("import", str(path))
    assert (outcome.code, outcome.out) == (4, "")
    assert option in outcome.err and str(path) in outcome.err


def test_progress_is_shown_on_a_terminal_only(cli: Any, desk: Any, tmp_path: Path) -> None:
    path = tmp_path / "r.ndjson"
    path.write_text(lines(summit("a")))
    assert cli("import", str(path)).err == ""
    outcome = cli("import", str(path), columns=80)
    assert "importing" in outcome.err
    assert outcome.out == "0 created, 0 updated, 1 unchanged, 0 failed\n"


def test_an_import_ends_when_there_is_no_server(cli: Any, tmp_path: Path) -> None:
    path = tmp_path / "r.ndjson"
    path.write_text(lines(summit("a")))
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        server = f"127.0.0.1:{unused.getsockname()[1]}"
        outcome = cli("--server", server, "import", str(path))
    assert (outcome.code, outcome.out) == (6, "")
    assert (
        outcome.err
        == f"summitry: no server at {server}: start one with `make run` or give --server HOST:PORT\n"
    )


class Restarting(grpc.GenericRpcHandler):
    """A server that is away for the first imports."""

    def __init__(self, failures: int) -> None:
        self.failures = failures

    def service(self, details: Any) -> Any:
        def take(requests: Iterator[bytes], context: grpc.ServicerContext) -> bytes:
            if self.failures:
                self.failures -= 1
                context.abort(grpc.StatusCode.UNAVAILABLE, "restarting")
            count = sum(1 for _ in requests) - 1
            return ImportRecordsResponse(received=count, created=count).SerializeToString()

        if details.method.endswith("/ImportRecords"):
            return grpc.stream_unary_rpc_method_handler(take)
        return grpc.unary_unary_rpc_method_handler(lambda data, context: b"")


@pytest.mark.parametrize(
    ("failures", "code", "out"),
    [
        pytest.param(2, 0, "1 created, 0 updated, 0 unchanged, 0 failed\n", id="a restart"),
        pytest.param(99, 6, "", id="gone for good"),
    ],
)
def test_an_import_outlives_a_restart_of_the_server(
    cli: Any, monkeypatch: pytest.MonkeyPatch, failures: int, code: int, out: str
) -> None:
    monkeypatch.setattr("summitry.cli.importing._DELAYS", (0.01, 0.01, 0.01))
    server = grpc.server(ThreadPoolExecutor(1), options=[("grpc.so_reuseport", 0)])
    server.add_generic_rpc_handlers([Restarting(failures)])
    address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    outcome = cli("--server", address, "import", "-", stdin=lines({"name": "calendars/c"}))
    server.stop(None).wait()
    assert (outcome.code, outcome.out) == (code, out)
    assert outcome.err == (
        f"summitry: {address} is not available (restarting): try again\n" if code else ""
    )


@pytest.mark.parametrize("format_", ["ics", "ndjson", "csv", "eventsml"])
def test_export_as_of_a_snapshot_has_the_records_of_then(cli: Any, desk: Any, format_: str) -> None:
    time = {"dates": {"first_date": "2024-07-03"}}
    cli("import", "-", stdin=lines(summit("a", titles=[{"text": "Before"}], time=time)))
    (version,) = cli("history", "desk/summits/a", "--output", "json").json
    cli("import", "-", stdin=lines(summit("a", titles=[{"text": "Later"}], time=time)))
    export = ("export", "desk", "--format", format_)
    assert "Later" in cli(*export).out
    outcome = cli(*export, "--as-of", version["snapshot"])
    assert outcome.code == 0
    assert "Before" in outcome.out
    assert "Later" not in outcome.out
