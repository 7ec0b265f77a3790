"""Loads Kubernetes' wire schemas: message classes, and the facts needed for JSON."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from etcdpod.descriptors import Descriptors
from etcdpod.kube.schema.facts import Field, KindRow, Message

if TYPE_CHECKING:
    from google.protobuf import message as protobuf

DATA = Path(__file__).with_name("data")
_DESCRIPTORS = Descriptors(DATA)


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
    """The message class with that full name, such as ``k8s.io.api.core.v1.Pod``.

    Raises:
        KeyError: no schema defines that message.
    """
    return _DESCRIPTORS.message_class(full_name)


def message_facts(full_name: str) -> Message:
    """The JSON facts of a Kubernetes message.

    Raises:
        KeyError: no schema defines that message.
    """
    return _messages(full_name.rpartition(".")[0])[full_name]


@cache
def _messages(package: str) -> dict[str, Message]:
    return {
        f"{package}.{name}": Message(
            f"{package}.{name}", form, bool(type_meta), tuple(Field(*row) for row in rows)
        )
        for name, (form, type_meta, rows) in _DESCRIPTORS.facts(package)["messages"].items()
    }
