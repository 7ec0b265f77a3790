"""Redaction of a registry for sharing: all of its structure, none of its contents.

Revisions, sizes, kinds and the names of Kubernetes' own fields are kept. Every other word (names
of objects and labels, values, map keys) becomes a salted hash: equal words have equal hashes in
one bundle, and words cannot be guessed because the salt is discarded.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from etcdpod.kube.codec import Decoded
from etcdpod.kube.model.keys import PLURALS, SERVICES, parse_key
from etcdpod.kube.schema import load_kinds, message_facts
from etcdpod.records import Encrypted
from etcdpod.source_details import detail_fields, detail_label

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from etcdpod.damage import Damage
    from etcdpod.history.lives import Registry
    from etcdpod.records import Record, Undecodable

FORMAT: Final = "etcdpod redacted bundle 1"
SALT_SIZE: Final = 32
PAIRS: Final = 6
"""Pairs of characters in a hash: 60 bits, ``~q2~7f~ab~c9~1d~x4``. No six consecutive bytes come
from the hash alone, so no word of the source appears in a bundle by chance."""
LARGEST_PLAIN_NUMBER: Final = 65535
"""Numbers up to this are kept (ports, counts); larger ones may be ids."""
DEEPEST: Final = 100
HASHED_KINDS: Final = frozenset({("", "ConfigMap"), ("", "Secret")})
"""Kinds whose numbers are hashed too, as in all custom resources."""
MAPS: Final = frozenset(
    {"data", "stringData", "binaryData", "labels", "annotations", "matchLabels", "nodeSelector"}
)
"""Fields whose members are user-defined, even if named like Kubernetes fields."""
PLAIN_DETAILS: Final = (
    *("page_size", "transaction", "older_transaction", "database_size", "free_pages"),
    *("freelist_stored", "storage_version", "cluster_version", "downgrade_target"),
    *("consistent_index", "raft_term"),
    *("scheduled_compaction", "finished_compaction", "auth_enabled", "leases", "revisions"),
    *("tombstones", "buckets", "committed_raft_index", "last_raft_index"),
)
"""Facts of a source that contain no names."""


class Redactor:
    """Replaces words with their hashes.

    Args:
        salt: salt of the hashes; random and discarded by default.
    """

    def __init__(self, salt: bytes | None = None) -> None:
        self._salt = secrets.token_bytes(SALT_SIZE) if salt is None else salt

    def word(self, text: str | bytes) -> str:
        """The hash of a word."""
        content = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
        digest = hmac.new(self._salt, content, hashlib.sha256).digest()
        letters = base64.b32encode(digest)[: 2 * PAIRS].decode().lower()
        return "".join(f"~{letters[at : at + 2]}" for at in range(0, len(letters), 2))

    def key(self, key: bytes, prefixes: Sequence[str]) -> str:
        """An etcd key: known parts are kept, namespaces and names are hashed."""
        for prefix in prefixes:
            if key.startswith(f"{prefix}/".encode()) and parse_key(key, prefix) is not None:
                rest = key[len(prefix) + 1 :].decode()
                head = "/".join(self._segment(part) for part in prefix.split("/"))
                return f"{head}/{self._below_prefix(rest.split('/'))}"
        return "/".join(self.word(part) if part else "" for part in key.split(b"/"))

    def _below_prefix(self, parts: list[str]) -> str:
        known = _key_parts()
        places = 2 if len(parts) > 2 and f"{parts[0]}/{parts[1]}" in known else 1
        shape = [self._segment(part) for part in parts[:places]]
        return "/".join([*shape, *(self.word(part) for part in parts[places:])])

    def _segment(self, part: str) -> str:
        return part if part in _key_words() or not part else self.word(part)

    def object(self, value: dict[str, Any]) -> dict[str, Any]:
        """An object's structure: Kubernetes' own field names, and hashes."""
        version, kind = str(value.get("apiVersion", "")), str(value.get("kind", ""))
        group = version.rpartition("/")[0]
        plain_numbers = (group, kind) in _kinds() and (group, kind) not in HASHED_KINDS
        redacted = self._member(value, "", 0, plain_numbers=plain_numbers)
        return redacted if isinstance(redacted, dict) else {}

    def _member(self, value: Any, name: str, depth: int, *, plain_numbers: bool) -> Any:
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, int | float):
            is_plain = plain_numbers and abs(value) <= LARGEST_PLAIN_NUMBER
            return value if is_plain else self.word(repr(value))
        if isinstance(value, str):
            is_known = name in ("apiVersion", "kind") and value in _type_words()
            return value if is_known or not value else self.word(value)
        if depth > DEEPEST:
            return "…"
        if isinstance(value, list):
            return [
                self._member(one, name, depth + 1, plain_numbers=plain_numbers) for one in value
            ]
        is_map = name.removeprefix("f:") in MAPS
        return {
            self._field(str(inner), is_map=is_map): self._member(
                member, str(inner), depth + 1, plain_numbers=plain_numbers
            )
            for inner, member in value.items()
        }

    def _field(self, name: str, *, is_map: bool = False) -> str:
        """The name of a member; those of ``fieldsV1`` have a prefix."""
        mark, _, rest = name.partition(":")
        if mark == "f" and rest:
            return f"f:{self._field(rest, is_map=is_map)}"
        is_known = name == "." or (name in _field_words() and not is_map)
        return name if is_known else self.word(name)


def bundle(
    registry: Registry, redactor: Redactor, records: Sequence[Record]
) -> Iterator[dict[str, Any]]:
    """One line per record: revision, sizes, and the redacted structure of its object."""
    for record in records:
        line: dict[str, Any] = {
            "key": redactor.key(record.key, registry.prefixes),
            "revision": record.revision.main,
            "sub": record.revision.sub,
            "trust": record.provenance.trust.value,
            "keyBytes": len(record.key),
        }
        if record.tombstone:
            yield {**line, "deleted": True}
            continue
        line["createRevision"], line["version"] = record.create_revision, record.version
        line["bytes"] = record.value_size
        if record.lease != 0:
            line["lease"] = redactor.word(str(record.lease))
        line["value"] = redactor.word(record.value)
        outcome = registry.decoder.verify(record.key, record.value)
        yield {**line, **_content(redactor, outcome)}


def _content(redactor: Redactor, outcome: Decoded | Encrypted | Undecodable) -> dict[str, Any]:
    if isinstance(outcome, Decoded):
        content: dict[str, Any] = {"encoding": outcome.encoding}
        if outcome.lossless is not None:
            content["lossless"] = outcome.lossless
        if outcome.unknown:
            content["unknownFields"] = [
                {"number": one.number, "wireType": one.wire_type, "bytes": len(one.data)}
                for one in outcome.unknown
            ]
        return {**content, "object": redactor.object(outcome.object)}
    if isinstance(outcome, Encrypted):
        return {"encrypted": redactor.word(f"{outcome.scheme} {outcome.key_name}")}
    # the reason may quote the value
    return {"undecodableAt": outcome.offset, "object": None}


def source_facts(registry: Registry, redactor: Redactor) -> dict[str, Any]:
    """The first line of a bundle: the source, without names."""
    info = registry.connector.info()
    known = dict(detail_fields(info.details))
    details = {detail_label(name): known[name] for name in PLAIN_DETAILS if name in known}
    return {
        "format": FORMAT,
        "kind": info.kind,
        "currentRevision": info.current_revision,
        "compactRevision": info.compact_revision,
        "etcdVersion": info.etcd_version,
        "size": info.size,
        "cluster": None if info.cluster_id is None else redactor.word(str(info.cluster_id)),
        "details": details,
    }


def damage_facts(damage: Damage, registry: Registry, redactor: Redactor) -> dict[str, Any]:
    """One line per defect: its place in the file, without its message, which may quote values."""
    return {
        "damage": damage.severity.value,
        "page": damage.page,
        "offset": damage.offset,
        "key": None if damage.key is None else redactor.key(damage.key, registry.prefixes),
    }


# --- Kubernetes' own words --------------------------------------------------------------------


@cache
def _kinds() -> frozenset[tuple[str, str]]:
    """Group and kind of all built-in resources."""
    return frozenset((row.group, row.kind) for row in load_kinds())


@cache
def _type_words() -> frozenset[str]:
    """Kinds and apiVersions."""
    rows = load_kinds()
    return frozenset({row.kind for row in rows} | {row.api_version for row in rows})


@cache
def _key_parts() -> frozenset[str]:
    """Key parts below the prefix for built-in kinds: ``pods``, ``services/specs``."""
    rows = [row for row in load_kinds() if row.key_prefix]
    return frozenset({row.key_prefix for row in rows})


@cache
def _key_words() -> frozenset[str]:
    words = {part for prefix in _key_parts() for part in prefix.split("/")}
    own = {"registry", "kubernetes.io", "openshift.io", "masterleases", "ranges"}
    return frozenset(words | set(PLURALS) | {"services", *SERVICES} | own)


@cache
def _field_words() -> frozenset[str]:
    """The JSON names of all fields of all messages of the stored kinds."""
    words = {"apiVersion", "kind", "items"}
    waiting = [row.message for row in load_kinds() if row.stored]
    seen: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        for field in message_facts(name).fields:
            words.add(field.json_name)
            if field.is_message:
                waiting.append(field.type)
    return frozenset(words)
