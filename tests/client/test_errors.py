"""Every status code and every reason becomes a typed error."""

from __future__ import annotations

import re
from pathlib import Path

import grpc
import pytest
from google.protobuf.any_pb2 import Any
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo
from google.rpc.status_pb2 import Status

from summitry.errors import (
    ERRORS,
    CallError,
    ConflictError,
    InvalidArgumentError,
    SummitryError,
    UnavailableError,
    from_rpc_error,
)
from summitry.v1.error_reason_pb2 import ErrorReason

PROTO = Path(__file__).resolve().parents[2] / "protos/summitry/v1/error_reason.proto"


def failure(status: Status, *, details: str | None = None) -> grpc.RpcError:
    """Return the error that a call raises when a server answers with `status`."""
    code = next(c for c in grpc.StatusCode if c.value[0] == status.code)
    trailers = (("grpc-status-details-bin", status.SerializeToString()),)

    class Failure(grpc.RpcError):
        def code(self) -> grpc.StatusCode:
            return code

        def details(self) -> str:
            return status.message if details is None else details

        def trailing_metadata(self) -> tuple[tuple[str, bytes], ...]:
            return trailers

    return Failure()


def packed(*details: ErrorInfo | BadRequest) -> list[Any]:
    values = []
    for detail in details:
        values.append(Any())
        values[-1].Pack(detail)
    return values


def test_every_status_code_has_an_error() -> None:
    assert ERRORS.keys() == {code.name for code in grpc.StatusCode} - {"OK"}


def test_every_error_is_drawn_in_the_tree() -> None:
    import summitry.errors

    text = summitry.errors.__doc__ or ""
    drawn = set(re.findall(r"(?:├──|└──) (\w+)", text))
    classes = [SummitryError]
    for error in classes:
        classes.extend(error.__subclasses__())
    assert {error.__name__ for error in classes} - {"SummitryError"} == drawn


def test_reasons_fit_the_errors_of_their_status() -> None:
    """The comment of each reason names a status code that has an error of its own."""
    comments = re.findall(
        r"// (\w+)\. [^\n]*\n(?:  //[^\n]*\n)*  (ERROR_REASON_\w+) =", PROTO.read_text()
    )
    codes = {reason: code for code, reason in comments}
    assert codes.keys() == set(ErrorReason.keys()) - {"ERROR_REASON_UNSPECIFIED"}
    assert {code for code in codes.values() if ERRORS[code] is CallError} == set()


@pytest.mark.parametrize("domain", ["summitry", "summitry.v1"], ids=["today", "of_0.1"])
def test_details_are_unpacked(domain: str) -> None:
    info = ErrorInfo(reason="INVALID_DATE", domain=domain, metadata={"field": "a.b", "value": "x"})
    bad = BadRequest(field_violations=[{"field": "a.b", "description": "no such day"}])
    error = from_rpc_error(failure(Status(code=3, message="bad date", details=packed(info, bad))))
    assert type(error) is InvalidArgumentError
    assert (str(error), error.code, error.reason, error.field) == (
        "bad date",
        "INVALID_ARGUMENT",
        "INVALID_DATE",
        "a.b",
    )
    assert error.metadata == {"field": "a.b", "value": "x"}
    assert error.violations == (("a.b", "no such day"),)


@pytest.mark.parametrize(
    ("status", "details", "reason", "field"),
    [
        pytest.param(Status(code=14, message="gone"), None, "", "", id="no details"),
        pytest.param(
            Status(code=14, message="x", details=packed(ErrorInfo(reason="Y", domain="other"))),
            None,
            "",
            "",
            id="details of another domain",
        ),
        pytest.param(
            Status(code=14, message="x", details=packed(ErrorInfo(reason="Y", domain="summitry"))),
            "another text",
            "",
            "",
            id="details that contradict the status",
        ),
        pytest.param(
            Status(
                code=14, message="x", details=packed(BadRequest(field_violations=[{"field": "f"}]))
            ),
            None,
            "",
            "f",
            id="only a violation",
        ),
    ],
)
def test_odd_details_never_hide_the_error(
    status: Status, details: str | None, reason: str, field: str
) -> None:
    error = from_rpc_error(failure(status, details=details))
    assert type(error) is UnavailableError
    assert (error.reason, error.field) == (reason, field)


def test_conflicts_have_one_base() -> None:
    assert issubclass(ERRORS["ALREADY_EXISTS"], ConflictError)
    assert issubclass(ERRORS["ABORTED"], ConflictError)
    assert not issubclass(ERRORS["FAILED_PRECONDITION"], ConflictError)
