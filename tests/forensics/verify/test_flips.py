"""One flipped bit, anywhere: how often it is detected, and that no proven repair is ever wrong."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import google_crc32c
import numpy as np
import pytest

from etcdpod.demo import demo_path
from etcdpod.errors import EtcdpodError
from etcdpod.etcd.wal.repair import flipped_bit
from etcdpod.forensics.verify import VerifiedSource, verify
from etcdpod.session import Session, SourceOptions

if TYPE_CHECKING:
    from collections.abc import Callable

    from etcdpod.forensics.verify import Defect

TRAILER = 32
PAGE = 4096


@pytest.fixture(scope="module")
def original() -> tuple[bytes, Session]:
    session = Session.open(SourceOptions(targets=("demo",), only_vouched=True))
    return Path(demo_path("demo")).read_bytes(), session


def found_in(path: Path, content: bytearray, seconds: float = 30.0) -> list[Defect]:
    path.write_bytes(content)
    with Session.open(SourceOptions(targets=(str(path),))) as session:
        return list(verify(VerifiedSource(session.registry, seconds)))


def trial(
    original: tuple[bytes, Session],
    path: Path,
    place: Callable[[random.Random], int],
    *,
    cases: int,
    trailer: bool,
    searched: int = 0,
) -> Counter[str]:
    """Flip random bits; count what verify says, and of the first told ones what it proposes."""
    content = original[0] if trailer else original[0][:-TRAILER]
    rng = random.Random(20261122)
    told: Counter[str] = Counter()
    for _ in range(cases):
        offset, bit = place(rng), rng.randrange(8)
        damaged = bytearray(content)
        damaged[offset] ^= 1 << bit
        try:
            is_searched = told["located"] < searched
            defects = found_in(path, damaged, 30.0 if is_searched else 0.0)
        except EtcdpodError:
            told["refused"] += 1
            continue
        repairs = [repair for defect in defects for repair in defect.repairs]
        is_it = [(repair.offset, repair.bit) == (offset, bit) for repair in repairs]
        told["detected"] += any(defect.is_damage for defect in defects)
        told["located"] += any(d.is_damage and d.check != "trailer" for d in defects)
        told["repaired"] += any(is_it)
        told["proven"] += any(repair.proven for repair in repairs)
        told["proven wrongly"] += any(
            repair.proven and not right for repair, right in zip(repairs, is_it, strict=True)
        )
    return told


def in_values(session: Session) -> Callable[[random.Random], int]:
    rows = session.connector.store.index.rows
    chosen = np.flatnonzero(rows.value_size > 0)

    def place(rng: random.Random) -> int:
        row = int(rng.choice(chosen))
        return int(rows.value_offset[row]) + rng.randrange(int(rows.value_size[row]))

    return place


def in_headers(session: Session) -> Callable[[random.Random], int]:
    store = session.connector.store
    for bucket in store.backend.buckets.values():
        store.tree.leaf_pages(bucket)
    pages = np.flatnonzero(store.tree.reachable())
    return lambda rng: int(rng.choice(pages)) * PAGE + rng.randrange(32)


def test_in_a_snapshot_every_flip_is_detected_and_many_are_mended(
    original: tuple[bytes, Session], tmp_path: Path
) -> None:
    place = in_values(original[1])
    told = trial(original, tmp_path / "f.db", place, cases=16, trailer=True, searched=4)
    assert told["detected"] == 16
    assert told["proven wrongly"] == 0
    assert told["repaired"] >= 3
    assert told["proven"] >= told["repaired"]


def test_without_a_trailer_three_of_four_are_detected(
    original: tuple[bytes, Session], tmp_path: Path
) -> None:
    """The rest are letters that became other letters: only another copy or the log tells.

    ``tests/benchmarks/flips.py`` measures it over thousands.
    """
    place = in_values(original[1])
    told = trial(original, tmp_path / "f.db", place, cases=30, trailer=False, searched=4)
    assert told["proven wrongly"] == 0
    assert told["detected"] >= 19
    assert told["repaired"] >= 3


def test_flips_in_the_headers_of_pages(original: tuple[bytes, Session], tmp_path: Path) -> None:
    place = in_headers(original[1])
    told = trial(original, tmp_path / "f.db", place, cases=24, trailer=True, searched=8)
    assert told["detected"] == 24
    assert told["proven wrongly"] == 0
    assert told["repaired"] >= 6


@pytest.mark.parametrize("page", [0, 1])
def test_flips_in_a_meta_page_are_mended_by_its_checksum(
    page: int, original: tuple[bytes, Session], tmp_path: Path
) -> None:
    rng = random.Random(page)
    for _ in range(4):
        offset, bit = page * PAGE + 16 + rng.randrange(64), rng.randrange(8)
        damaged = bytearray(original[0])
        damaged[offset] ^= 1 << bit
        repairs = [r for d in found_in(tmp_path / "m.db", damaged) for r in d.repairs if r.proven]
        assert {(repair.offset, repair.bit) for repair in repairs} == {(offset, bit)}


@pytest.mark.parametrize("size", [1, 2, 9, 1000])
def test_a_checksum_tells_which_bit_it_was(size: int) -> None:
    rng = random.Random(size)
    data = rng.randbytes(size)
    for _ in range(5):
        state, bit = rng.getrandbits(32), rng.randrange(size * 8)
        other = bytearray(data)
        other[bit // 8] ^= 1 << bit % 8
        difference = google_crc32c.extend(state, data) ^ google_crc32c.extend(state, bytes(other))
        assert flipped_bit(difference, size) == bit
    assert flipped_bit(0, size) is None
