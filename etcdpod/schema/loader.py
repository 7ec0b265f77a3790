"""Loads wire schemas from the package data, one proto package at a time and on first use.

A registry of pods must not pay for sixty API groups: a package and what it imports are read when
one of their messages is asked for. The messages live in a private pool, so that they never meet
those of another library in the same process (etcd3 brings its own ``etcdserverpb``).
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from etcdpod.schema.facts import Field, KindRow, Message

if TYPE_CHECKING:
    from google.protobuf import message as protobuf

DATA = Path(__file__).with_name("data")


@cache
def load_kinds() -> tuple[KindRow, ...]:
    """Every known kind, stored or not, ordered by apiVersion and kind."""
    rows = json.loads((DATA / "kinds.json").read_bytes())
    return tuple(KindRow(*row) for row in rows)


@cache
def kinds_by_name() -> dict[tuple[str, str], KindRow]:
    """The kinds by (apiVersion, kind)."""
    return {(row.api_version, row.kind): row for row in load_kinds()}


def message_class(full_name: str) -> type[protobuf.Message]:
    """The message class of that full name, in the private pool.

    Raises:
        KeyError: no schema has such a message.
    """
    return _class(full_name)


def message_facts(full_name: str) -> Message:
    """The JSON facts of a Kubernetes message.

    Raises:
        KeyError: no schema has such a message, or it is one of etcd's own, which have no JSON.
    """
    return _messages(full_name.rpartition(".")[0])[full_name]


@cache
def _class(full_name: str) -> type[protobuf.Message]:
    from google.protobuf import message_factory

    _load(full_name.rpartition(".")[0])
    return message_factory.GetMessageClass(_pool().FindMessageTypeByName(full_name))


@cache
def _pool() -> Any:
    from google.protobuf import descriptor_pool

    return descriptor_pool.DescriptorPool()


@cache
def _load(package: str) -> None:
    for imported in _facts(package)["imports"]:
        _load(imported)
    _pool().AddSerializedFile((DATA / f"{package}.binpb").read_bytes())


@cache
def _facts(package: str) -> dict[str, Any]:
    try:
        content: dict[str, Any] = json.loads((DATA / f"{package}.json").read_bytes())
    except FileNotFoundError:
        raise KeyError(package) from None
    return content


@cache
def _messages(package: str) -> dict[str, Message]:
    return {
        f"{package}.{name}": Message(
            f"{package}.{name}", form, bool(type_meta), tuple(Field(*row) for row in rows)
        )
        for name, (form, type_meta, rows) in _facts(package)["messages"].items()
    }
