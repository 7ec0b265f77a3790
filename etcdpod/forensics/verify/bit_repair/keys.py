"""Finds a flipped bit outside of values: in stored keys, versions and revisions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from etcdpod.etcd.mvcc.keyvalue import parse_key_value
from etcdpod.etcd.mvcc.revision import pack_revision
from etcdpod.forensics.verify.bit_repair.records import is_sound_record
from etcdpod.forensics.verify.model import Repair
from etcdpod.kube.codec import Decoded
from etcdpod.records import Revision

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etcdpod.etcd.mvcc.store import Store
    from etcdpod.history.lives import Registry
    from etcdpod.records import Record

NUMBERS = 40
"""Bytes after the key that contain create revision, mod revision and version."""


def key_repairs(registry: Registry, record: Record) -> list[Repair]:
    """The bit flip that makes a stored key match its object."""
    outcome = registry.decoder.decode(record.key, record.value)
    offset = record.provenance.offset
    if not isinstance(outcome, Decoded) or offset is None:
        return []
    found = registry.builtin_types.of_object(
        outcome.api_version, outcome.kind
    ) or registry.types.of_object(outcome.api_version, outcome.kind)
    metadata = outcome.object.get("metadata")
    if found is None or not isinstance(metadata, dict):
        return []
    namespace = metadata.get("namespace") if found.namespaced else None
    for wanted in registry.keys(found, namespace, str(metadata.get("name", ""))):
        flip = _single_bit(record.key, wanted)
        if flip is not None:
            position, bit = flip
            proof = "the key is then that of the object under it"
            return [Repair(offset + position, bit, record.key[position], proof)]
    return []


def hole_repairs(store: Store, key: bytes, offset: int) -> list[Repair]:
    """The bit flip in a record's numbers that closes a gap in its key's history.

    Args:
        store: the database.
        key: the key whose history has the gap.
        offset: byte offset of the key in the record after the gap.
    """
    rows = store.index.rows
    own = store.index.of_key(key)
    position = np.flatnonzero(rows.key_offset[own] == offset)
    if len(position) == 0:
        return []
    at = int(position[0])
    before = int(own[at - 1]) if at > 0 else None
    return list(_number_flips(store, int(own[at]), before))


def _number_flips(store: Store, row: int, before: int | None) -> Iterator[Repair]:
    rows = store.index.rows
    name, content, start = _record(store, row)
    parsed = parse_key_value(content)
    if parsed is None or bool(rows.tombstone[row]):
        return
    whole = bytearray(content)
    first = parsed.key_offset + parsed.key_size
    for place in range(first, min(first + NUMBERS, parsed.value_offset or len(content))):
        for bit in range(8):
            whole[place] ^= 1 << bit
            if is_sound_record(name, bytes(whole)) and _continues(store, before, bytes(whole)):
                proof = "the life of the key is then whole"
                yield Repair(start + place, bit, whole[place] ^ (1 << bit), proof)
            whole[place] ^= 1 << bit


def _continues(store: Store, before: int | None, content: bytes) -> bool:
    """Whether a record follows the one in row ``before``, or begins a life if there is none."""
    parsed = parse_key_value(content)
    if parsed is None:
        return False
    if before is None or bool(store.index.rows.tombstone[before]):
        return parsed.version == 1
    rows = store.index.rows
    follows = parsed.version == int(rows.version[before]) + 1
    return follows and parsed.create_revision == int(rows.create_revision[before])


def sub_repairs(store: Store, page: int) -> list[Repair]:
    """Bit flips in bucket keys of a page that make a sub revision 0 where 0 is missing."""
    rows = store.index.rows
    found = []
    for row in np.flatnonzero((rows.page == page) & (rows.sub > 0)).tolist():
        main, sub = int(rows.main[row]), int(rows.sub[row])
        start, stop = np.searchsorted(rows.main, [main, main + 1])
        if sub.bit_count() != 1 or (rows.sub[start:stop] == 0).any():
            continue
        name, _, content_start = _record(store, row)
        bit = sub.bit_length() - 1
        place = 16 - bit // 8
        offset = content_start - len(name) + place
        proof = "the transaction then begins with its first change"
        found.append(Repair(offset, bit % 8, name[place], proof))
    return found


def _record(store: Store, row: int) -> tuple[bytes, bytes, int]:
    """Bucket key and content of a row, which are adjacent, and the content's offset."""
    rows = store.index.rows
    revision = Revision(int(rows.main[row]), int(rows.sub[row]))
    name = pack_revision(revision, tombstone=bool(rows.tombstone[row]))
    key_offset, key_size = int(rows.key_offset[row]), int(rows.key_size[row])
    start = key_offset - 2 - (key_size > 0x7F)
    ends = key_offset + key_size, int(rows.value_offset[row]) + int(rows.value_size[row])
    end = max(ends) if int(rows.value_size[row]) else ends[0] + NUMBERS
    content = store.file.data[start:end]
    if not int(rows.value_size[row]):
        content = _trimmed(content, name)
    elif int(rows.lease[row]):
        content = _trimmed(store.file.data[start : end + 11], name)
    return name, content, start


def _trimmed(content: bytes, name: bytes) -> bytes:
    """The longest prefix that is a record of that name; its length is not stored."""
    for size in range(len(content), 0, -1):
        if is_sound_record(name, content[:size]):
            return content[:size]
    return content


def _single_bit(one: bytes, other: bytes) -> tuple[int, int] | None:
    """Position and bit if two texts of equal length differ in a single bit."""
    if len(one) != len(other):
        return None
    differing = [index for index in range(len(one)) if one[index] != other[index]]
    if len(differing) != 1:
        return None
    change = one[differing[0]] ^ other[differing[0]]
    return (differing[0], change.bit_length() - 1) if change.bit_count() == 1 else None
