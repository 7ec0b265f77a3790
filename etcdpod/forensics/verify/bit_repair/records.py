"""Finds the bit flip that makes a stored record valid.

Records are redundant: the bucket key is the revision, fields are ordered and omit defaults, and
their sizes add up to the total.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from etcdpod.etcd.bbolt.layout import ELEMENT_SIZE, LEAF_ELEMENT, PAGE_HEADER
from etcdpod.etcd.mvcc.keyvalue import (
    CREATE_REVISION,
    KEY,
    LEASE,
    MOD_REVISION,
    VALUE,
    VERSION,
    parse_key_value,
)
from etcdpod.etcd.mvcc.revision import parse_revision
from etcdpod.forensics.verify.model import Repair
from etcdpod.forensics.verify.tree_order import page_entries

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etcdpod.etcd.bbolt.file import BboltFile

LARGEST = 1 << 20
PROOF = "the record is as etcd writes one with it"


class Stored(NamedTuple):
    """A record and its place."""

    offset: int
    """Byte offset of the bucket key in the file; the KeyValue follows it."""
    name: bytes
    content: bytes


def record_flips(file: BboltFile, page: int, offset: int) -> list[Repair]:
    """The bit flips that repair the record at a byte offset of a leaf page."""
    record = _record_at(file, page, offset)
    if record is None or len(record.content) > LARGEST or is_sound_record(*record[1:]):
        return []
    whole = bytearray(record.name + record.content)
    size = len(record.name)
    found = []
    for position in _suspects(record):
        for bit in range(8):
            whole[position] ^= 1 << bit
            if is_sound_record(bytes(whole[:size]), bytes(whole[size:])):
                before = whole[position] ^ (1 << bit)
                found.append(Repair(record.offset + position, bit, before, PROOF))
            whole[position] ^= 1 << bit
    return found


def is_sound_record(name: bytes, content: bytes) -> bool:
    """Whether etcd could have written a record under this bucket key."""
    parsed, stored = parse_revision(name), parse_key_value(content)
    if parsed is None or stored is None or stored.key_size == 0:
        return False
    (main, _), tombstone = parsed
    key = content[stored.key_offset : stored.key_offset + stored.key_size]
    value = content[stored.value_offset : stored.value_offset + stored.value_size]
    numbers = (stored.create_revision, stored.mod_revision, stored.version, stored.lease)
    if tombstone:
        return not any(numbers) and content == b"".join(_encoded(key, numbers, b""))
    is_first = stored.create_revision == main
    return (
        stored.mod_revision == main
        and 0 < stored.create_revision <= main
        and stored.version > 0
        and is_first == (stored.version == 1)
        and content == b"".join(_encoded(key, numbers, value))
    )


def _encoded(key: bytes, numbers: tuple[int, ...], value: bytes) -> Iterator[bytes]:
    """The parts of a KeyValue: fields ascending, zero values omitted."""
    yield bytes([KEY]) + _varint(len(key)) + key
    create, mod, version, lease = numbers
    for tag, number in ((CREATE_REVISION, create), (MOD_REVISION, mod), (VERSION, version)):
        if number:
            yield bytes([tag]) + _varint(number)
    if value:
        yield bytes([VALUE]) + _varint(len(value)) + value
    if lease:
        yield bytes([LEASE]) + _varint(lease)


def _varint(number: int) -> bytes:
    number &= (1 << 64) - 1
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])


def _suspects(record: Stored) -> Iterator[int]:
    """Positions in name and content that define a record's structure: all but the value."""
    size = len(record.name)
    yield from range(size)
    content = record.content
    head = min(len(content), 4 + 256 + 40)  # tag, size, a key, three numbers, tag and size
    yield from range(size, size + head)
    yield from range(max(size + head, size + len(content) - 11), size + len(content))


def _record_at(file: BboltFile, page: int, offset: int) -> Stored | None:
    """The record of a leaf page that contains a byte offset."""
    entries, is_branch = page_entries(file, page)
    if is_branch:
        return None
    for number, entry in enumerate(entries):
        element = page * file.page_size + PAGE_HEADER.size + number * ELEMENT_SIZE
        _, _, key_size, value_size = LEAF_ELEMENT.unpack_from(file.data, element)
        end = entry.offset + key_size + value_size
        if entry.offset <= offset < end and end <= file.size:
            content = file.data[entry.offset + key_size : end]
            return Stored(entry.offset, entry.key, content)
    return None
