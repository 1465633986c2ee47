"""What the protos declare of fields: facts for feeds and the command line, text for search."""

from __future__ import annotations

from pathlib import Path

import grimp
import pytest
from google.protobuf.descriptor import FieldDescriptor

import summitry
from summitry import declarations
from summitry.cli.particulars import particulars
from summitry.ical import renderer_digest, renderer_version
from summitry.ical.facts import FACTS, fact_lines
from summitry.kinds import KINDS
from summitry.v1.delegation_pb2 import Delegation
from summitry.v1.meeting_pb2 import Meeting, MeetingKind
from summitry.v1.party_pb2 import Level
from summitry.v1.summit_pb2 import Summit
from summitry_server.domain.search.facets import entries_of, text_of

FIELDS = [
    (kind.message, field)
    for kind in KINDS
    for field, _ in declarations.facts_of(kind.message.DESCRIPTOR)
]


@pytest.mark.parametrize(("message", "field"), FIELDS, ids=lambda v: getattr(v, "full_name", ""))
def test_declared_fact_is_shown_by_command_line_and_feeds(
    message: type, field: FieldDescriptor
) -> None:
    record = message()
    fill(record, field)
    label = declarations.labels()[field.name]
    assert label.lower() in {label for label, text in particulars(record, "en") if text}
    if message in FACTS:
        assert any(line.startswith(f"{label}: ") for line in fact_lines(record, "en"))


@pytest.mark.parametrize("field", [field for _, field in FIELDS], ids=lambda f: f.full_name)
def test_declared_fact_has_a_type_that_reads_as_words(field: FieldDescriptor) -> None:
    assert field.type != FieldDescriptor.TYPE_BOOL
    assert not (field.enum_type and field.is_repeated)


def fill(record: object, field: FieldDescriptor) -> None:
    """Give a field a value, by its type."""
    if field.enum_type is not None:
        setattr(record, field.name, field.enum_type.values[1].number)
    elif field.message_type is None:
        setattr(record, field.name, type(field.default_value)("1"))
    else:
        value = getattr(record, field.name)
        (value.add() if field.is_repeated else value).source_text = "a text"


def test_value_as_written_stands_for_an_unknown_one() -> None:
    summit = Summit(level_text="sherpas and sous-sherpas")
    assert fact_lines(summit, "en") == ["Level: sherpas and sous-sherpas"]
    summit.level = Level.LEVEL_SHERPA
    assert fact_lines(summit, "en") == ["Level: sherpas"]


def test_search_reads_searchable_fields_alone() -> None:
    meeting = Meeting(name="calendars/a/meetings/b", kind=MeetingKind.MEETING_KIND_FORUM)
    meeting.titles.add(text="Forum of Regions", language_code="en")
    meeting.participants.add().person.aliases.append("The Chair")
    meeting.kind_text = "not indexed"
    assert set(text_of(entries_of(meeting)).split()) == {"forum", "of", "regions", "the", "chair"}


@pytest.mark.parametrize("name", ["source_text", "aliases"])
def test_names_and_quotations_of_records_are_searchable(name: str) -> None:
    member = Delegation.DESCRIPTOR.fields_by_name["members"].message_type
    person = member.fields_by_name["person"].message_type
    assert declarations.is_searchable(person.fields_by_name[name])


def test_declared_fact_of_two_labels_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    field = Meeting.DESCRIPTOR.fields_by_name["kind"]
    facts = {Meeting: "Kind", Summit: "Sort"}
    monkeypatch.setattr(
        declarations,
        "facts_of",
        lambda message: tuple(
            declarations.DeclaredFact(field, label)
            for kind, label in facts.items()
            if message is kind.DESCRIPTOR
        ),
    )
    with pytest.raises(ValueError, match="differs"):
        declarations.labels()


def test_version_of_the_renderer_covers_every_module_that_rendering_imports() -> None:
    root = Path(summitry.__file__).parent
    covered = {path for pattern in renderer_digest.SOURCES for path in root.glob(pattern)}
    graph = grimp.build_graph("summitry")
    for name in graph.find_upstream_modules("summitry.ical.render"):
        place = root.joinpath(*name.split(".")[1:])
        if not name.startswith("summitry.v1"):
            assert {place.with_suffix(".py"), place / "__init__.py"} & covered, name


@pytest.mark.parametrize("part", ["source", "label"])
def test_version_of_the_renderer_changes_with_what_it_depends_on(
    part: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ical").mkdir()
    source = tmp_path / "ical" / "text.py"
    source.write_text("LINE = 75\n")
    monkeypatch.setattr(renderer_digest, "_ROOT", tmp_path)
    before = renderer_version.__wrapped__()
    assert renderer_version.__wrapped__() == before
    if part == "source":
        source.write_text("LINE = 74\n")
    else:
        monkeypatch.setattr(renderer_digest, "facts_of", lambda message: ())
    assert renderer_version.__wrapped__() != before
