"""Checks that an object matches its key."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from etcdpod.forensics.verify.model import Defect
from etcdpod.kube.codec import Decoded
from etcdpod.kube.model.keys import parse_key
from etcdpod.kube.model.types import ResourceTypes
from etcdpod.records import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etcdpod.history.lives import Registry
    from etcdpod.records import Encrypted, Record, Undecodable

BOOKS = frozenset({"masterleases", "peerserverleases", "ranges"})
"""Key parts of the API server's internal records, whose names follow other rules."""


def check(
    registry: Registry, record: Record, outcome: Decoded | Encrypted | Undecodable
) -> Iterator[Defect]:
    """Report a name, namespace or kind that differs from the key."""
    if not isinstance(outcome, Decoded) or outcome.encoding == "text":
        return
    parsed = (parse_key(record.key, prefix) for prefix in registry.prefixes)
    key = next((one for one in parsed if one is not None), None)
    if key is None:
        yield from _no_key(registry, record, outcome)
        return
    if key.resource in BOOKS:
        return
    metadata = outcome.object.get("metadata")
    names = metadata if isinstance(metadata, dict) else {}
    for path, stored, named in (
        ("metadata.name", str(names.get("name", "")), key.name),
        ("metadata.namespace", str(names.get("namespace", "")), key.namespace),
    ):
        if stored != named:
            what = f"it is called {stored!r}, and its key says {named!r}"
            # Names that differ in more than one bit are not the same name.
            is_flip = bits_apart(stored.encode(), named.encode()) == 1
            yield _defect(what, path, is_flip=is_flip)
    yield from _kind(registry, record, outcome)


def _kind(registry: Registry, record: Record, outcome: Decoded) -> Iterator[Defect]:
    types = registry.builtin_types
    found = types.of_object(outcome.api_version, outcome.kind) or registry.types.of_object(
        outcome.api_version, outcome.kind
    )
    if found is None:
        # A custom kind's definition may have been deleted; built-in kinds have none.
        if any(record.key.startswith(part) for part in _builtin_parts(registry.prefixes)):
            what = f"no API has a {outcome.kind} of {outcome.api_version}, and its key is of one"
            yield _defect(f"{what} that is built in", "kind")
        return
    parts = [f"{prefix}/{part}/".encode() for prefix in registry.prefixes for part in _parts(found)]
    if not any(record.key.startswith(part) for part in parts):
        what = f"it is a {outcome.kind} of {outcome.api_version}, and its key is not that of one"
        yield _defect(what, "kind")


@cache
def _builtin_parts(prefixes: tuple[str, ...]) -> tuple[bytes, ...]:
    """Key prefixes of the core kinds. Other groups gain kinds with each release."""
    kinds = [kind for kind in ResourceTypes().all() if not kind.group]
    parts = {part for kind in kinds for part in kind.key_prefixes}
    return tuple(f"{prefix}/{part}/".encode() for prefix in prefixes for part in sorted(parts))


def _no_key(registry: Registry, record: Record, outcome: Decoded) -> Iterator[Defect]:
    """An object below a registry prefix, or one bit off, whose key names no object."""
    if registry.builtin_types.of_object(outcome.api_version, outcome.kind) is None:
        return
    heads = [f"{prefix}/".encode() for prefix in registry.prefixes]
    if any(bits_apart(record.key[: len(head)], head) <= 1 for head in heads):
        yield _defect(f"it is a {outcome.kind}, and its key names no object", "kind")


def bits_apart(one: bytes, other: bytes) -> int:
    """The number of bits in which two texts of equal length differ; many if lengths differ."""
    if len(one) != len(other):
        return 8 * len(other)
    return sum((a ^ b).bit_count() for a, b in zip(one, other, strict=True))


def _parts(found: Any) -> tuple[str, ...]:
    parts: tuple[str, ...] = found.key_prefixes
    return parts


def _defect(what: str, path: str, *, is_flip: bool = True) -> Defect:
    return Defect(
        check="identity",
        where="",
        what=what,
        consequence="a client that asks for one object gets another; updates go to the wrong key",
        severity=Severity.WARNING,
        path=path,
        is_searched=is_flip,
    )
