"""The annotations of the protos are whole and right: generators and gateways of others rely on them."""

from __future__ import annotations

import re
from typing import Any

import pytest
from google.api.annotations_pb2 import http
from google.api.client_pb2 import method_signature
from google.api.field_behavior_pb2 import FieldBehavior, field_behavior
from google.api.resource_pb2 import resource, resource_reference
from google.protobuf.descriptor import Descriptor, FieldDescriptor, FileDescriptor, MethodDescriptor

from summitry.kinds import KINDS, Kind
from summitry.v1.feed_pb2 import FeedToken
from tests.api import fields, files, messages, option, rpcs

# What a field of one of these names holds is the name of a resource.
NAME_FIELD = re.compile(r"(?:.+_)?names?|parent(?:_event)?")
# Such fields that hold texts for people instead.
OTHER_NAMES = {"summitry.v1.DatedName.name", "summitry.v1.Party.names", "summitry.v1.Party.dated_names", "summitry.v1.Person.names"}  # fmt: skip
# Fields of other names that hold names of resources.
REFERENCES = {
    "summitry.v1.Engagement.event",
    "summitry.v1.ExportRecordsRequest.after",
    "summitry.v1.RedeemFeedTokenResponse.feed",
}
RESOURCES = {message: option(message, resource) for message in messages() if option(message, resource).type}  # fmt: skip
TYPES = {value.type: value for value in RESOURCES.values()}
VARIABLE = re.compile(r"\{([a-z_.]+)(?:=([^}]*))?\}")
# The verbs of the standard methods (AIP-131 to 135), and the method of HTTP of each.
STANDARD = {"Get": "get", "List": "get", "Create": "post", "Update": "patch", "Delete": "delete"}
STANDARD_RPC = re.compile(rf"({'|'.join(STANDARD)})({'|'.join(kind.message.DESCRIPTOR.name for kind in KINDS)})s?")  # fmt: skip


def full_name(descriptor: Any) -> str:
    return str(descriptor.full_name)


def path_of(rpc: MethodDescriptor) -> tuple[str, str]:
    """Return the method of HTTP and the path of an rpc."""
    rule = option(rpc, http)
    verb = rule.WhichOneof("pattern")
    return verb, getattr(rule, verb)


def field_at(message: Descriptor, path: str) -> FieldDescriptor:
    """Return the field that a dotted path leads to."""
    *outer, last = path.split(".")
    for name in outer:
        message = message.fields_by_name[name].message_type
    return message.fields_by_name[last]


@pytest.mark.parametrize("file", files(), ids=lambda file: str(file.name))
def test_every_file_has_the_options_of_its_package(file: FileDescriptor) -> None:
    options = file.GetOptions()
    stem = file.name.rpartition("/")[2].removesuffix(".proto")
    assert options.go_package == "summitry/v1;summitryv1"
    assert options.java_package == "summitry.v1"
    assert options.java_multiple_files
    assert options.java_outer_classname == stem.title().replace("_", "") + "Proto"
    assert options.csharp_namespace == "Summitry.V1"


def test_outer_class_of_a_file_is_named_like_no_message() -> None:
    """Java puts both into one package."""
    names = {file.GetOptions().java_outer_classname for file in files()}
    assert len(names) == len(files())
    assert names.isdisjoint(message.name for message in messages())


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: str(kind.singular))
def test_record_is_a_resource_of_its_kind(kind: Kind) -> None:
    value = RESOURCES[kind.message.DESCRIPTOR]
    assert value.type == f"summitry/{kind.message.DESCRIPTOR.name}"
    assert (value.singular, value.plural) == (kind.singular, kind.collection)
    own = f"{kind.collection}/{{{kind.singular}}}"
    outer = "" if kind.singular == "calendar" else "calendars/{calendar}/"
    assert list(value.pattern) == [outer + own]


def test_resources_are_the_records_and_the_tokens_of_feeds() -> None:
    assert set(RESOURCES) == {kind.message.DESCRIPTOR for kind in KINDS} | {FeedToken.DESCRIPTOR}


@pytest.mark.parametrize("message", RESOURCES, ids=full_name)
def test_name_of_a_resource_is_its_identifier(message: Descriptor) -> None:
    behaviors = option(message.fields_by_name["name"], field_behavior)
    assert list(behaviors) == [FieldBehavior.IDENTIFIER]


@pytest.mark.parametrize(
    "field",
    [
        field
        for field in fields()
        if field.full_name in REFERENCES
        or (NAME_FIELD.fullmatch(field.name) and field.full_name not in OTHER_NAMES)
        if field.containing_type not in RESOURCES or field.name != "name"
    ],
    ids=full_name,
)
def test_field_with_a_name_refers_to_a_resource(field: FieldDescriptor) -> None:
    reference = option(field, resource_reference)
    assert (reference.type or reference.child_type) in {*TYPES, "*"}


@pytest.mark.parametrize("kind", KINDS[1:], ids=lambda kind: str(kind.singular))
def test_parent_of_a_record_refers_to_its_kind(kind: Kind) -> None:
    name = kind.message.DESCRIPTOR.name
    requests = {f"List{name}sRequest", f"Create{name}Request", f"BatchGet{name}sRequest"}
    types = {
        message.name: option(message.fields_by_name["parent"], resource_reference).child_type
        for message in messages()
        if message.name in requests
    }
    assert types == dict.fromkeys(requests, f"summitry/{name}")


def test_only_texts_are_references() -> None:
    wrong = [
        field.full_name
        for field in fields()
        if field.GetOptions().HasExtension(resource_reference)
        and field.type != FieldDescriptor.TYPE_STRING
    ]
    assert wrong == []


@pytest.mark.parametrize("rpc", rpcs(), ids=full_name)
def test_variables_of_a_path_are_names_in_the_request(rpc: MethodDescriptor) -> None:
    _, path = path_of(rpc)
    assert path.startswith("/v1/")
    for name, pattern in VARIABLE.findall(path):
        field = field_at(rpc.input_type, name)
        assert field.type == FieldDescriptor.TYPE_STRING
        reference = option(field, resource_reference)
        if reference.type in TYPES:
            expected = re.sub(r"\{\w+\}", "*", TYPES[reference.type].pattern[0])
            assert pattern == expected


@pytest.mark.parametrize("rpc", rpcs(), ids=full_name)
def test_body_of_a_path_is_all_or_the_record(rpc: MethodDescriptor) -> None:
    verb, _ = path_of(rpc)
    body = option(rpc, http).body
    if verb in ("get", "delete"):
        assert body == ""
    else:
        assert body == "*" or rpc.input_type.fields_by_name[body].message_type in RESOURCES


def test_no_two_rpcs_share_a_path() -> None:
    paths = [(verb, VARIABLE.sub(r"\2", path)) for verb, path in map(path_of, rpcs())]
    assert len(set(paths)) == len(paths) > 90


@pytest.mark.parametrize("rpc", [rpc for rpc in rpcs() if STANDARD_RPC.fullmatch(rpc.name)], ids=full_name)  # fmt: skip
def test_standard_method_has_its_verb_and_no_suffix(rpc: MethodDescriptor) -> None:
    match = STANDARD_RPC.fullmatch(rpc.name)
    assert match
    verb, path = path_of(rpc)
    assert verb == STANDARD[match[1]]
    assert ":" not in path


@pytest.mark.parametrize("rpc", rpcs(), ids=full_name)
def test_signature_names_fields_and_all_required_ones(rpc: MethodDescriptor) -> None:
    if rpc.client_streaming:
        assert list(option(rpc, method_signature)) == [], "one request has no signature in a stream"
        return
    (signature,) = option(rpc, method_signature)
    arguments = signature.split(",") if signature else []
    request = rpc.input_type.fields_by_name
    assert set(arguments) <= set(request)
    required = {
        name
        for name, field in request.items()
        if FieldBehavior.REQUIRED in option(field, field_behavior)
    }
    assert required <= set(arguments)
