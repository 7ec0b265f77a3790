"""Writes small bbolt files, well-formed or not, so that every shape a reader may meet has a test.

Only tests use it. It knows nothing of ``etcdpod``: the formats are written down a second time
here, so that one misunderstanding cannot hide in both.
"""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass, field

BRANCH, LEAF, META, FREELIST = 0x01, 0x02, 0x04, 0x10
NO_FREELIST = (1 << 64) - 1
ETCD_BUCKETS = (
    b"alarm", b"auth", b"authRoles", b"authUsers", b"cluster",
    b"key", b"lease", b"members", b"members_removed", b"meta",
)  # fmt: skip


def fnv1a64(data: bytes) -> int:
    value = 0xCBF29CE484222325
    for byte in data:
        value = (value ^ byte) * 0x100000001B3 % (1 << 64)
    return value


def page_header(number: int, flags: int, count: int, overflow: int = 0) -> bytes:
    return struct.pack("<QHHI", number, flags, count, overflow)


def meta_page(
    number: int, *, page_size: int, root: int, high_water_mark: int, txid: int, freelist: int
) -> bytes:
    body = struct.pack(
        "<IIIIQQQQQ", 0xED0CDAED, 2, page_size, 0, root, 0, freelist, high_water_mark, txid
    )
    page = page_header(number, META, 0) + body + struct.pack("<Q", fnv1a64(body))
    return page.ljust(page_size, b"\0")


def leaf_body(entries: list[tuple[bytes, bytes]], flags: int = 0) -> bytes:
    """Element headers and data of a leaf page, without the page header."""
    heads, data = b"", b""
    for index, (key, value) in enumerate(entries):
        position = 16 * (len(entries) - index) + len(data)
        heads += struct.pack("<IIII", flags, position, len(key), len(value))
        data += key + value
    return heads + data


def branch_body(children: list[tuple[bytes, int]]) -> bytes:
    heads, data = b"", b""
    for index, (key, child) in enumerate(children):
        heads += struct.pack("<IIQ", 16 * (len(children) - index) + len(data), len(key), child)
        data += key
    return heads + data


@dataclass
class BboltWriter:
    """Collects pages; ``build`` puts the metas before them.

    Args:
        page_size: bytes of a page.
        leaf_entries: entries on a leaf page at most.
        fanout: children of a branch page at most.
        inline: names of buckets that are written inline.
        stored_freelist: write a freelist page, as bbolt does unless told otherwise.
        trailer: end the file with its SHA-256, as ``etcdctl snapshot save`` does.
        txid: transaction of the newer meta.
    """

    page_size: int = 4096
    leaf_entries: int = 4
    fanout: int = 3
    inline: tuple[bytes, ...] = ()
    stored_freelist: bool = False
    trailer: bool = False
    txid: int = 7
    pages: dict[int, bytes] = field(default_factory=dict)
    next_page: int = 2

    def add_page(self, flags: int, count: int, body: bytes) -> int:
        """Allocate a page with as much overflow as it needs; returns its id."""
        overflow = (16 + len(body) - 1) // self.page_size
        number = self.next_page
        self.next_page += overflow + 1
        page = page_header(number, flags, count, overflow) + body
        self.pages[number] = page.ljust((overflow + 1) * self.page_size, b"\0")
        return number

    def add_tree(self, entries: list[tuple[bytes, bytes]], flags: int = 0) -> int:
        """Write a B+tree; returns the page id of its root."""
        size = self.leaf_entries
        groups = [entries[i : i + size] for i in range(0, len(entries), size)] or [[]]
        level = [
            (
                group[0][0] if group else b"",
                self.add_page(LEAF, len(group), leaf_body(group, flags)),
            )
            for group in groups
        ]
        while len(level) > 1:
            parts = [level[i : i + self.fanout] for i in range(0, len(level), self.fanout)]
            level = [
                (part[0][0], self.add_page(BRANCH, len(part), branch_body(part))) for part in parts
            ]
        return level[0][1]

    def add_root(self, buckets: dict[bytes, list[tuple[bytes, bytes]]]) -> int:
        """Write buckets and a root bucket that names them; returns the root's page id."""
        headers = []
        for name in sorted(buckets):
            if name in self.inline:
                entries = buckets[name]
                page = page_header(0, LEAF, len(entries)) + leaf_body(entries)
                headers.append((name, struct.pack("<QQ", 0, 0) + page))
            else:
                headers.append((name, struct.pack("<QQ", self.add_tree(buckets[name]), 0)))
        return self.add_page(LEAF, len(headers), leaf_body(headers, flags=1))

    def build(self, root: int, *, previous_root: int | None = None) -> bytes:
        """The whole file, both metas valid; the other meta has ``previous_root`` or the same."""
        freelist = NO_FREELIST
        if self.stored_freelist:
            freelist = self.add_page(FREELIST, 0, b"")
        metas = {self.txid % 2: (self.txid, root)}
        older = root if previous_root is None else previous_root
        metas[1 - self.txid % 2] = (self.txid - 1, older)
        pages = self.pages | {
            number: meta_page(
                number,
                page_size=self.page_size,
                root=metas[number][1],
                high_water_mark=self.next_page,
                txid=metas[number][0],
                freelist=freelist,
            )
            for number in (0, 1)
        }
        file = b"".join(pages[number] for number in sorted(pages))
        return file + hashlib.sha256(file).digest() if self.trailer else file


def revision_key(main: int, sub: int = 0, mark: bytes = b"") -> bytes:
    return struct.pack(">q", main) + b"_" + struct.pack(">q", sub) + mark


def varint(value: int) -> bytes:
    value %= 1 << 64
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def key_value(
    key: bytes,
    *,
    create: int = 0,
    mod: int = 0,
    version: int = 0,
    value: bytes = b"",
    lease: int = 0,
) -> bytes:
    """mvccpb.KeyValue as etcd writes it: ascending fields, zeros left out."""
    out = b"\x0a" + varint(len(key)) + key
    for tag, number in ((b"\x10", create), (b"\x18", mod), (b"\x20", version)):
        out += tag + varint(number) if number else b""
    out += b"\x2a" + varint(len(value)) + value if value else b""
    return out + (b"\x30" + varint(lease) if lease else b"")


def put(
    main: int, key: bytes, value: bytes = b"v", *, create: int = 0, version: int = 1, sub: int = 0,
    lease: int = 0,
) -> tuple[bytes, bytes]:  # fmt: skip
    """The entry of bucket ``key`` for a put; ``create`` is ``main`` unless given."""
    stored = key_value(
        key, create=create or main, mod=main, version=version, value=value, lease=lease
    )
    return revision_key(main, sub), stored


def delete(main: int, key: bytes, *, sub: int = 0) -> tuple[bytes, bytes]:
    """The entry of bucket ``key`` for a delete."""
    return revision_key(main, sub, b"t"), key_value(key)


def backend(
    rows: list[tuple[bytes, bytes]],
    *,
    scheduled: int | None = None,
    finished: int | None = None,
    writer: BboltWriter | None = None,
    without: tuple[bytes, ...] = (),
    **buckets: list[tuple[bytes, bytes]],
) -> bytes:
    """An etcd backend file with the given rows of bucket ``key``."""
    meta = [(b"consistent_index", struct.pack(">Q", 17))]
    if finished is not None:
        meta.append((b"finishedCompactRev", revision_key(finished)))
    if scheduled is not None:
        meta.append((b"scheduledCompactRev", revision_key(scheduled)))
    meta.append((b"term", struct.pack(">Q", 2)))
    content = {name: [] for name in ETCD_BUCKETS} | {b"meta": meta, b"key": rows}
    content |= {name.encode(): entries for name, entries in buckets.items()}
    for name in without:
        del content[name]
    writer = writer or BboltWriter()
    return writer.build(writer.add_root(content))
