"""Generate the gRPC code and compile the texts before a wheel or an editable install is made.

`make protos` runs this file by hand after a change under protos/, `make messages` its second half
after a change of texts.
"""

import shutil
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import grpc_tools
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from grpc_tools import protoc
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).resolve().parent
PROTOS = ROOT / "protos"
# protos/summitry/v1/x.proto becomes client/summitry/v1/x_pb2.py: the path below protos/ is the
# Python package, so the absolute imports that protoc writes are right as they stand.
OUT = ROOT / "client"
GENERATED = ("*_pb2.py", "*_pb2.pyi", "*_pb2_grpc.py")
LOCALE = ROOT / "client" / "summitry" / "locale"
# What `summitry-server serve --demo` loads; a checkout has it in its place.
SAMPLE = "samples/astana-2024"
# What our protos import from Google's common protos; buf lints against a copy of them.
COMMON = (
    "google/api/annotations.proto",
    "google/api/client.proto",
    "google/api/field_behavior.proto",
    "google/api/http.proto",
    "google/api/launch_stage.proto",
    "google/api/resource.proto",
    "google/type/dayofweek.proto",
    "google/type/interval.proto",
    "google/type/latlng.proto",
    "google/type/localized_text.proto",
    "google/type/money.proto",
    "google/type/timeofday.proto",
)


def common_protos() -> Path:
    """Return the folder of the installed googleapis-common-protos, which holds google/..."""
    spec = find_spec("google.type")
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit("googleapis-common-protos is missing: run `make install`")
    return Path(next(iter(spec.submodule_search_locations))).parents[1]


def generate() -> list[Path]:
    """Replace all generated files; return them."""
    for pattern in GENERATED:
        for stale in OUT.rglob(pattern):
            stale.unlink()
    sources = sorted(PROTOS.rglob("*.proto"))
    with_services = [p for p in sources if "\nservice " in p.read_text(encoding="utf-8")]
    wellknown = Path(grpc_tools.__file__).parent / "_proto"
    include = [f"-I{PROTOS}", f"-I{wellknown}", f"-I{common_protos()}"]
    run("protoc", *include, f"--python_out={OUT}", f"--pyi_out={OUT}", *map(str, sources))
    run("protoc", *include, f"--grpc_python_out={OUT}", *map(str, with_services))
    return sorted(path for pattern in GENERATED for path in OUT.rglob(pattern))


def run(*arguments: str) -> None:
    """Run protoc in this process; stop the build where it fails."""
    if status := protoc.main(list(arguments)):
        raise SystemExit(f"protoc failed with status {status}")


def compile_messages() -> list[Path]:
    """Compile the catalogues of all languages to .mo files, which gettext reads; return them."""
    compiled = []
    for source in sorted(LOCALE.rglob("*.po")):
        with source.open("rb") as file:
            catalog = read_po(file, locale=source.parts[-3])
        target = source.with_suffix(".mo")
        with target.open("wb") as file:
            write_mo(file, catalog)
        compiled.append(target)
    return compiled


def copy_common_protos() -> None:
    """Put the common protos under third_party/, where buf looks for them."""
    for name in COMMON:
        target = ROOT / "third_party" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(common_protos() / name, target)


class ProtoHook(BuildHookInterface):  # type: ignore[type-arg]
    """Hatchling calls this for each wheel and each editable install."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Generate and compile, and name the files as artifacts, since git ignores them."""
        if self.target_name == "wheel":
            paths = [*generate(), *compile_messages()]
            build_data["artifacts"] += [f"/{path.relative_to(ROOT).as_posix()}" for path in paths]
        if self.target_name == "wheel" and version == "standard":
            build_data["force_include"][str(ROOT / SAMPLE)] = f"summitry_server/{SAMPLE}"


if __name__ == "__main__":
    generate()
    compile_messages()
    copy_common_protos()
