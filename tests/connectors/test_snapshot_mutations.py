"""A thousand damaged copies of real files: no crash, no hang, nothing wrong in silence.

A snapshot's trailer tells of every flipped bit. The ``db`` of a member has none, and bits inside
a stored key, value or lease id are protected by nothing there: a change of them is found by
decoding the object, or by comparing members. All else must be reported.
"""

from __future__ import annotations

import hashlib
import random
import resource
import struct
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pytest

from etcdpod.connectors import open_source
from etcdpod.demo import demo_path
from etcdpod.errors import EtcdpodError
from etcdpod.records import Trust

if TYPE_CHECKING:
    from collections.abc import Callable

    from etcdpod.connectors.disk.carving import CarvingConnector
    from etcdpod.records import Record, Revision

PAGE = 4096
TRAILER = 32
CASES = 500
"""For each of two files."""
PARTS = 5
SLOWEST_SECONDS = 5.0
MOST_MEMORY_KB = 1 << 20

Facts = tuple[bytes, bool, int, int, int, bytes]


class Original(NamedTuple):
    """A snapshot, what it says, and which of its bytes nothing protects."""

    content: bytes
    truth: dict[Revision, Facts]
    unprotected: np.ndarray
    leaves: list[int]
    branches: list[int]


def facts(record: Record) -> Facts:
    return (
        record.key,
        record.tombstone,
        record.create_revision,
        record.version,
        record.lease,
        record.value,
    )


def read_all(connector: CarvingConnector, *, every_way: bool = True) -> dict[Revision, Facts]:
    """All that the source vouches for, asked in every way: no answer contradicts another.

    What was carved from free pages is read, too, but nothing tells how much of it there was.
    """
    every = list(connector.records())
    vouched = {record.revision for record in every if record.provenance.trust is Trust.VOUCHED}
    found = {record.revision: facts(record) for record in every}
    connector.store.index.table(b"")
    if not every_way:
        return {revision: found[revision] for revision in vouched}
    connector.info()
    for record in connector.range(b"/registry/"):
        assert found[record.revision] == facts(record)
    for key in list({key for key, *_ in found.values()})[:5]:
        connector.get(key)
        for record in connector.history(key):
            assert found[record.revision] == facts(record)
    return {revision: found[revision] for revision in vouched}


def open_original(name: str) -> Original:
    path = demo_path(name)
    connector = open_source(path)
    rows = connector.store.index.rows
    content = Path(path).read_bytes()[:-TRAILER]
    unprotected = np.zeros(len(content) + 1, np.int64)
    kept = rows.main <= connector.info().compact_revision
    for start, size in (
        (rows.key_offset, rows.key_size),
        (rows.value_offset, rows.value_size),
        # A lease field follows the value: its tag byte, and up to ten bytes.
        (rows.value_offset + rows.value_size, np.where(rows.lease != 0, 11, 0)),
        # Of the only record of a key, nothing tells whether create revision and version are right.
        (rows.key_offset + rows.key_size, np.where(kept, 12, 0)),
        # Below the compact revision any sub revision may be the one that was kept. It ends the
        # bucket key, two bytes (tag and length) before the key.
        (rows.key_offset - 2 - rows.tombstone - 8, np.where(kept, 8, 0)),
    ):
        np.add.at(unprotected, start, 1)
        np.add.at(unprotected, start + size, -1)
    flags = [struct.unpack_from("<QH", content, at) for at in range(0, len(content) - PAGE, PAGE)]
    own = [(page, kind) for page, (number, kind) in enumerate(flags) if number == page]
    return Original(
        content,
        read_all(connector),
        np.cumsum(unprotected)[:-1] > 0,
        [page for page, kind in own if kind == 2],
        [page for page, kind in own if kind == 1],
    )


@pytest.fixture(scope="module", params=["demo", "demo-end"])
def original(request) -> Original:
    return open_original(request.param)


def flip_anywhere(chance: random.Random, original: Original, data: bytearray) -> None:
    for _ in range(chance.choice((1, 1, 1, 2, 8))):
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)


def flip_in_structure(chance: random.Random, original: Original, data: bytearray) -> None:
    """Page headers, element headers, and the first records: where it hurts."""
    page = chance.choice(original.leaves + original.branches * 5 + [0, 1])
    data[page * PAGE + chance.randrange(chance.choice((16, 32, 80, 200)))] ^= 1 << chance.randrange(
        8
    )


def overwrite_a_number(chance: random.Random, original: Original, data: bytearray) -> None:
    page = chance.choice(original.leaves + original.branches * 5)
    value = chance.choice((0, 1, 0xFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF, chance.getrandbits(32)))
    struct.pack_into("<I", data, page * PAGE + 4 * chance.randrange(16), value)


def cut_the_tail(chance: random.Random, original: Original, data: bytearray) -> None:
    del data[chance.choice((chance.randrange(len(data)), len(data) - chance.randrange(1, 9000))) :]


def swap_pages(chance: random.Random, original: Original, data: bytearray) -> None:
    one, other = (page * PAGE for page in chance.sample(range(2, len(data) // PAGE), 2))
    data[one : one + PAGE], data[other : other + PAGE] = (
        data[other : other + PAGE],
        data[one : one + PAGE],
    )


def swap_pages_and_their_ids(chance: random.Random, original: Original, data: bytearray) -> None:
    swapped = chance.sample(original.leaves, 2)
    one, other = (data[page * PAGE : (page + 1) * PAGE] for page in swapped)
    for page, content in zip(swapped, (other, one), strict=True):
        data[page * PAGE : (page + 1) * PAGE] = struct.pack("<Q", page) + content[8:]


def copy_a_page_over_another(chance: random.Random, original: Original, data: bytearray) -> None:
    page, other = chance.choice(original.leaves), chance.randrange(2, len(data) // PAGE)
    content = data[other * PAGE + 8 : (other + 1) * PAGE]
    data[page * PAGE : (page + 1) * PAGE] = struct.pack("<Q", page) + content


def point_elsewhere(chance: random.Random, original: Original, data: bytearray) -> None:
    """A child pointer to any page: itself, an ancestor, a stale page, nowhere."""
    branch = chance.choice(original.branches)
    (count,) = struct.unpack_from("<H", data, branch * PAGE + 10)
    target = chance.choice((branch, chance.choice(original.branches), chance.randrange(900)))
    element = branch * PAGE + 16 + 16 * chance.randrange(max(count, 1))
    struct.pack_into("<Q", data, element + 8, target)


def blank_a_stretch(chance: random.Random, original: Original, data: bytearray) -> None:
    start = chance.randrange(0, len(data), 512)
    size = chance.choice((512, 4096, 16384))
    data[start : start + size] = bytes(len(data[start : start + size]))


MUTATIONS: tuple[Callable[[random.Random, Original, bytearray], None], ...] = (
    flip_anywhere,
    flip_anywhere,
    flip_in_structure,
    flip_in_structure,
    overwrite_a_number,
    cut_the_tail,
    swap_pages,
    swap_pages_and_their_ids,
    copy_a_page_over_another,
    point_elsewhere,
    blank_a_stretch,
)


def with_payload_mended(original: Original, data: bytearray) -> bytes:
    """``data`` with the bytes that nothing protects as they were."""
    mended = np.frombuffer(bytes(data), np.uint8).copy()
    unprotected = original.unprotected[: len(mended)]
    mended[unprotected] = np.frombuffer(original.content, np.uint8)[: len(mended)][unprotected]
    return mended.tobytes()


def silent_error(
    original: Original, connector: CarvingConnector, path: Path, *, every_way: bool = True
) -> str | None:
    """What is wrong and was not reported, or None."""
    found = read_all(connector, every_way=every_way)
    if found == original.truth or connector.damage:
        return None
    path.write_bytes(with_payload_mended(original, bytearray(path.read_bytes())))
    connector = open_source(str(path))
    found = read_all(connector)
    if found == original.truth or connector.damage:
        return None
    missing = sorted(original.truth.keys() - found.keys())[:3]
    extra = sorted(found.keys() - original.truth.keys())[:3]
    wrong = [rev for rev in found if rev in original.truth and found[rev] != original.truth[rev]]
    return f"missing {missing}, invented {extra}, different {wrong[:3]}"


def mutant(original: Original, seed: int) -> tuple[str, bytearray]:
    """The name of a mutation and what it made of the original."""
    chance = random.Random(seed)
    data = bytearray(original.content)
    mutation = chance.choice(MUTATIONS)
    mutation(chance, original, data)
    return mutation.__name__, data


@pytest.mark.parametrize("part", range(PARTS))
def test_a_damaged_snapshot_is_never_wrong_in_silence(original, part, tmp_path):
    path = tmp_path / "mutant.db"
    damaged = 0
    for case in range(CASES // PARTS):
        seed = part * 1000 + case
        name, data = mutant(original, seed)
        path.write_bytes(data)
        started = time.monotonic()
        try:
            connector = open_source(str(path))
        except EtcdpodError as refusal:
            message = str(refusal)
            assert message.startswith(str(path)), f"seed {seed}"
            assert "\n" not in message
            continue
        error = silent_error(original, connector, path, every_way=case % 5 == 0)
        assert error is None, f"seed {seed}, {name}: {error}"
        assert time.monotonic() - started < SLOWEST_SECONDS
        damaged += len(connector.damage) > 0
        connector.close()
    assert damaged > CASES // PARTS // 5
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < MOST_MEMORY_KB


def test_a_damaged_snapshot_with_a_trailer_is_never_taken_for_whole(original, tmp_path):
    path = tmp_path / "mutant.db"
    trailer = hashlib.sha256(original.content).digest()
    for seed in range(100):
        name, data = mutant(original, seed)
        if name == "cut_the_tail" or data == original.content:
            continue
        path.write_bytes(data + trailer)
        before = path.stat().st_mtime_ns
        try:
            connector = open_source(str(path))
        except EtcdpodError:
            continue
        read_all(connector)
        assert connector.damage, f"seed {seed}, {name}"
        assert connector.check_trailer() is False
        assert (path.read_bytes(), path.stat().st_mtime_ns) == (data + trailer, before)


def test_the_original_is_whole(original, tmp_path):
    path = tmp_path / "same.db"
    path.write_bytes(original.content)
    connector = open_source(str(path))
    assert read_all(connector) == original.truth
    assert connector.damage == []
