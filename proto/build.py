"""Compiles the wire schemas beside this file into the package data of ``etcdpod``.

Kubernetes' own go to ``etcdpod/kube/schema/data``, etcd's to ``etcdpod/etcd/schema/data``.

For each proto package it writes a descriptor without options (``PACKAGE.binpb``) and the JSON
facts that those options state (``PACKAGE.json``); for all of them together the kinds, which tell
what apiVersion and kind name (``kinds.json``). The same sources give the same bytes.

Run ``python proto/build.py`` after a change here; needs ``grpcio-tools``.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

if TYPE_CHECKING:
    from collections.abc import Iterator

SOURCES = Path(__file__).resolve().parent
PACKAGE = SOURCES.parent / "etcdpod"
KUBE, ETCD = "kube/schema/data", "etcd/schema/data"
"""The data folders below the package."""
OPTIONS = "etcdpod/options.proto"
SCALARS = {
    descriptor_pb2.FieldDescriptorProto.Type.Value(f"TYPE_{name.upper()}"): name
    for name in ("string", "bytes", "bool", "int32", "int64", "uint32", "uint64", "double")
}
KIND_COLUMNS = ("api_version", "resource", "namespaced", "stored", "key_prefix", "storage_version")
RELEASE_COLUMNS = ("introduced", "removed", "first", "last")


def compile_sources() -> Any:
    """All source files as one ``FileDescriptorSet``, imports first, options parsed."""
    import grpc_tools  # type: ignore[import-untyped]
    from grpc_tools import protoc

    names = sorted(path.relative_to(SOURCES).as_posix() for path in SOURCES.rglob("*.proto"))
    includes = [str(SOURCES), str(Path(grpc_tools.__file__).parent / "_proto")]
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "set.binpb"
        arguments = ["protoc", *(f"-I{path}" for path in includes), "--include_imports"]
        if protoc.main([*arguments, f"--descriptor_set_out={out}", *names]):
            raise SystemExit("protoc found errors")
        encoded = out.read_bytes()
    return with_options(encoded)


def with_options(encoded: bytes) -> Any:
    """Parses a descriptor set in a pool that knows our options, so that they can be read."""
    plain = descriptor_pb2.FileDescriptorSet.FromString(encoded)
    pool = descriptor_pool.DescriptorPool()
    for file in plain.file:
        if file.name in ("google/protobuf/descriptor.proto", OPTIONS):
            pool.Add(file)
    set_type = pool.FindMessageTypeByName("google.protobuf.FileDescriptorSet")
    for name in ("rule", "pointer", "first", "last", "json_form", "kind", "type_meta"):
        pool.FindExtensionByName(f"etcdpod.{name}")
    return message_factory.GetMessageClass(set_type).FromString(encoded)


class Options:
    """Reads ``etcdpod.*`` options from the messages of one parsed descriptor set."""

    def __init__(self, descriptors: Any) -> None:
        pool = descriptors.DESCRIPTOR.file.pool
        self._extensions = {
            name: pool.FindExtensionByName(f"etcdpod.{name}")
            for name in ("rule", "pointer", "first", "last", "json_form", "kind", "type_meta")
        }
        for extension in self._extensions.values():
            message_factory.GetMessageClass(extension.containing_type)

    def get(self, element: Any, name: str) -> Any:
        """The option's value on a field or a message; an enum as the name of its value."""
        extension = self._extensions[name]
        value = element.options.Extensions[extension]
        if extension.enum_type is not None:
            return extension.enum_type.values_by_number[value].name.lower()
        return value

    def has(self, element: Any, name: str) -> bool:
        """Whether the option is set."""
        return bool(element.options.HasExtension(self._extensions[name]))


def field_facts(field: Any, message: Any, options: Options) -> list[Any]:
    """One row: number, name, JSON name, label, type, rule, pointer, first and last release."""
    kind = field.type_name.removeprefix(".") or SCALARS[field.type]
    label = "repeated" if field.label == field.LABEL_REPEATED else "optional"
    for nested in message.nested_type:
        if nested.options.map_entry and field.type_name.endswith(f".{message.name}.{nested.name}"):
            value = nested.field[1]
            label, kind = "map", value.type_name.removeprefix(".") or SCALARS[value.type]
    row = [
        field.number,
        field.name,
        field.json_name,
        label,
        kind,
        options.get(field, "rule"),
        options.get(field, "pointer"),
        options.get(field, "first"),
        options.get(field, "last"),
    ]
    while not row[-1]:
        row.pop()
    return row


def message_facts(message: Any, options: Options) -> list[Any]:
    """JSON form, whether apiVersion and kind belong to it, and the rows of its fields."""
    type_meta = options.has(message, "kind") or options.get(message, "type_meta")
    rows = [field_facts(field, message, options) for field in message.field]
    return [options.get(message, "json_form"), int(type_meta), rows]


def kind_rows(file: Any, options: Options) -> Iterator[list[Any]]:
    """The kinds of one file: apiVersion, kind, message, then the columns of the option."""
    for message in file.message_type:
        if options.has(message, "kind"):
            kind = options.get(message, "kind")
            api_version, *columns = (getattr(kind, column) for column in KIND_COLUMNS)
            served = kind.DESCRIPTOR.fields_by_name["served"].enum_type
            yield [
                api_version,
                message.name,
                f"{file.package}.{message.name}",
                *columns,
                served.values_by_number[kind.served].name.lower(),
                *(getattr(kind, column) for column in RELEASE_COLUMNS),
            ]


def strip(file: Any) -> bytes:
    """The file's descriptor without what only tools read: options, JSON names, comments.

    With the options goes ``map_entry``: a map is then a list of entries, as on the wire. The
    library would sort the entries of a map as it writes them, and not always as Go does; a list
    keeps their order, so that a message writes itself back as the very bytes that were read.
    """
    bare = descriptor_pb2.FileDescriptorProto.FromString(file.SerializeToString())
    bare.ClearField("source_code_info")
    if OPTIONS in bare.dependency:
        bare.dependency.remove(OPTIONS)
    for message in bare.message_type:
        for part in [message, *message.nested_type]:
            part.ClearField("options")
            for field in part.field:
                field.ClearField("options")
                field.ClearField("json_name")
    return bare.SerializeToString(deterministic=True)


def to_json(value: object) -> str:
    """Compact JSON, one line, as it is shipped."""
    return json.dumps(value, separators=(",", ":")) + "\n"


def build(target: Path = PACKAGE) -> list[str]:
    """Writes all data files below ``target`` and returns their paths relative to it."""
    descriptors = compile_sources()
    options = Options(descriptors)
    packages = {file.name: file.package for file in descriptors.file}
    contents: dict[str, bytes] = {}
    kinds: list[list[Any]] = []
    for file in descriptors.file:
        if file.package in ("google.protobuf", "etcdpod"):
            continue
        imports = [packages[name] for name in file.dependency if packages[name] != "etcdpod"]
        messages = {}
        folder = ETCD
        if file.package.startswith(("k8s.io.", "github.com.")):
            messages = {m.name: message_facts(m, options) for m in file.message_type}
            folder = KUBE
        contents[f"{folder}/{file.package}.binpb"] = strip(file)
        facts = {"imports": imports, "messages": messages}
        contents[f"{folder}/{file.package}.json"] = to_json(facts).encode()
        kinds.extend(kind_rows(file, options))
    contents[f"{KUBE}/kinds.json"] = to_json(sorted(kinds)).replace("],[", "],\n[").encode()
    for name, content in contents.items():
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        (target / name).write_bytes(content)
    return sorted(contents)


def shipped(target: Path = PACKAGE) -> list[str]:
    """The data files that are there, as paths relative to ``target``."""
    files = [path for folder in (KUBE, ETCD) for path in (target / folder).iterdir()]
    return sorted(path.relative_to(target).as_posix() for path in files)


def main() -> None:
    """Rebuilds the package data and removes files that no source makes any more."""
    names = build()
    for name in set(shipped()) - set(names):
        (PACKAGE / name).unlink()
    sys.stdout.write(f"{len(names)} files below {PACKAGE}\n")


if __name__ == "__main__":
    main()
