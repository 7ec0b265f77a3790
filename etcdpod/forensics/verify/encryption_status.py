"""The encryption key of every value, and values that do not match the configuration."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from etcdpod.kube.encryption.transformers import describe, is_encrypted
from etcdpod.kube.model.keys import parse_key
from etcdpod.records import Encrypted

if TYPE_CHECKING:
    from etcdpod.history.lives import Registry
    from etcdpod.kube.encryption.keyring import ConfiguredKeyring
    from etcdpod.records import Record

PLAIN = "plain"


@dataclass(frozen=True, slots=True)
class Seal:
    """How values of a resource are encrypted."""

    resource: str
    """``secrets``, ``deployments.apps``: as in the configuration."""
    stored: str
    """``aescbc:v1 key key1``, or ``plain``."""
    wanted: str
    """What the configuration requires; empty without a configuration."""
    objects: int
    """Number of live objects stored so."""
    revisions: int
    """Number of revisions found, compacted and deleted ones included."""

    @property
    def is_as_wanted(self) -> bool:
        """Whether the configuration, if any, is followed."""
        return self.wanted in ("", self.stored)


@dataclass(frozen=True, slots=True)
class Stale:
    """A live object that does not match the configuration or cannot be decrypted."""

    key: bytes
    stored: str
    wanted: str
    problem: str = ""
    """Why it cannot be decrypted; empty if it can."""


@dataclass(slots=True)
class Census:
    """What was found."""

    seals: list[Seal] = field(default_factory=list)
    stale: list[Stale] = field(default_factory=list)


def census(registry: Registry, keyring: ConfiguredKeyring | None) -> Census:
    """Return how every value of a registry is encrypted.

    Args:
        registry: its decoder must use the same keyring.
        keyring: the configuration; without one only the values' own prefixes are reported.
    """
    sorter = _Sorter(registry, keyring)
    revisions: Counter[tuple[str, str]] = Counter()
    for record in registry.connector.records():
        resource = sorter.resource(record.key)
        if resource is not None and not record.tombstone:
            revisions[resource, sorter.stored(record)] += 1
    objects: Counter[tuple[str, str]] = Counter()
    result = Census()
    for record in registry.connector.range(b""):
        resource = sorter.resource(record.key)
        if resource is None:
            continue
        stored, wanted = sorter.stored(record), sorter.wanted(resource)
        objects[resource, stored] += 1
        problem = sorter.problem(record)
        if problem or wanted not in ("", stored):
            result.stale.append(Stale(record.key, stored, wanted, problem))
    result.seals = [
        Seal(resource, stored, sorter.wanted(resource), objects[resource, stored], count)
        for (resource, stored), count in sorted((revisions | objects).items())
    ]
    return result


class _Sorter:
    """Classifies keys and values in the terms of a configuration."""

    def __init__(self, registry: Registry, keyring: ConfiguredKeyring | None) -> None:
        self._prefixes = registry.prefixes
        self._keyring = keyring
        self._by_part = {
            part: f"{kind.plural}.{kind.group}" if kind.group else kind.plural
            for kind in reversed(registry.types.all())
            for part in kind.key_prefixes
        }

    def resource(self, key: bytes) -> str | None:
        """The resource of a key; None if it is not an object's."""
        for prefix in self._prefixes:
            parsed = parse_key(key, prefix)
            if parsed is None:
                continue
            parts = key.decode()[len(prefix) + 1 :].split("/")
            for part in ("/".join(parts[:2]), parts[0]):
                if part in self._by_part:
                    return self._by_part[part]
            return f"{parsed.resource}.{parsed.group}" if parsed.group else parsed.resource
        return None

    def stored(self, record: Record) -> str:
        """The encryption of a value, by its prefix."""
        if not is_encrypted(record.value):
            return PLAIN
        key = None if self._keyring is None else self._keyring.sealed_by(record.value)
        if key is not None:
            return f"{key.scheme}:{key.version} key {key.name}"
        sealed = describe(record.value)
        return f"{sealed.scheme} key {sealed.key_name}"

    def wanted(self, resource: str) -> str:
        """The encryption that the configuration requires for a resource; empty without one."""
        if self._keyring is None:
            return ""
        name, _, group = resource.partition(".")
        key = self._keyring.writes_with(name, group)
        return PLAIN if key is None else f"{key.scheme}:{key.version} key {key.name}"

    def problem(self, record: Record) -> str:
        """Why a value cannot be decrypted; empty if it can, or without keys."""
        if self._keyring is None or not is_encrypted(record.value):
            return ""
        opened = self._keyring.open(record.key, record.value)
        return str(opened.reason) if isinstance(opened, Encrypted) else ""
