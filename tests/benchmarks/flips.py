"""Flips single bits of recorded files and counts what ``etcdpod verify`` makes of them.

Run it from a clone with the test extra installed:

    python tests/benchmarks/flips.py
    python tests/benchmarks/flips.py --flips 2000 --searched 200 --seed 1 snapshot.db DATADIR

A bbolt file has no checksums, so a flip is told only by what it breaks. Each source is tried as it
is; a snapshot without its SHA-256 trailer, too. Of every flip it is counted which check told of
it first; of a share of them also whether the search for the bit names the right one.
"""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

ROOT = Path(__file__).resolve().parents[2]
# The code beside this file is measured, whether or not another copy is installed.
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402

from etcdpod.demo import demo_path  # noqa: E402
from etcdpod.errors import EtcdpodError  # noqa: E402
from etcdpod.forensics.verify import CHECKS, VerifiedSource  # noqa: E402
from etcdpod.session import Session, SourceOptions  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from etcdpod.forensics.verify import Defect

TRAILER = 32
SEARCH_SECONDS = 30.0


class Flip(NamedTuple):
    """One bit of a file."""

    offset: int
    bit: int


class Trial(NamedTuple):
    """What became of many flips."""

    flips: int
    told: Counter[str]
    """By the first check that told; ``refused`` where the file was no database any more."""
    searched: int
    """Flips for whose bit was searched."""
    repairs: Counter[str]
    """``right``, ``among several``, ``wrong``, ``none``; and ``proven``, ``proven wrongly``."""

    @property
    def detected(self) -> int:
        """Flips that were told in any way."""
        return sum(self.told.values())


def in_values(target: Path) -> Callable[[random.Random], int]:
    """Picks a byte of a value of bucket ``key``, all bytes alike."""
    with Session.open(SourceOptions(targets=(str(target),), only_vouched=True)) as session:
        rows = session.connector.store.index.rows  # type: ignore[attr-defined]
        starts, sizes = rows.value_offset.copy(), rows.value_size.copy()
    ends = np.cumsum(sizes)

    def place(rng: random.Random) -> int:
        at = rng.randrange(int(ends[-1]))
        row = int(np.searchsorted(ends, at, side="right"))
        return int(starts[row]) + at - int(ends[row] - sizes[row])

    return place


def in_pages(target: Path) -> Callable[[random.Random], int]:
    """Picks a byte of a page that is in use, all bytes alike."""
    with Session.open(SourceOptions(targets=(str(target),), only_vouched=True)) as session:
        store = session.connector.store  # type: ignore[attr-defined]
        for bucket in store.backend.buckets.values():
            store.tree.leaf_pages(bucket)
        pages = np.flatnonzero(store.tree.reachable())
        size = store.file.page_size
    return lambda rng: int(rng.choice(pages)) * size + rng.randrange(size)


def trial(
    target: Path,
    database: Path,
    place: Callable[[random.Random], int],
    *,
    flips: int,
    searched: int = 0,
    seed: int = 20261122,
) -> Trial:
    """Flip bits of a database, one at a time, and verify its source each time.

    Args:
        target: what is verified; it is changed, and is as it was afterwards.
        database: the file below it whose bits are flipped.
        place: picks a byte offset.
        flips: how many.
        searched: for how many of the told ones the bit is searched.
        seed: the same seed gives the same flips.
    """
    rng = random.Random(seed)
    told: Counter[str] = Counter()
    repairs: Counter[str] = Counter()
    tried = 0
    for flip in (Flip(place(rng), rng.randrange(8)) for _ in range(flips)):
        with _Flipped(database, flip):
            try:
                defects = _verify(target, seconds=0.0)
                told.update(defect.check for defect in defects[:1])
                # Where the trailer alone tells, nothing says where to search.
                if tried < searched and defects and defects[0].check != "trailer":
                    tried += 1
                    repairs.update(_judged(_verify(target, seconds=SEARCH_SECONDS), flip))
            except EtcdpodError:
                told["refused"] += 1
    return Trial(flips, told, tried, repairs)


def _verify(target: Path, seconds: float) -> list[Defect]:
    with Session.open(SourceOptions(targets=(str(target),))) as session:
        subject = VerifiedSource(session.registry, time_limit=seconds)
        found = [defect for check in CHECKS for defect in check.run(subject)]
    damage = [defect for defect in found if defect.is_damage]
    # The trailer tells that a bit is wrong and not which: another check that tells counts first.
    return sorted(damage, key=lambda defect: defect.check == "trailer")


def _judged(defects: list[Defect], flip: Flip) -> Iterator[str]:
    named = {Flip(one.offset, one.bit) for defect in defects for one in defect.repairs}
    proven = {Flip(r.offset, r.bit) for d in defects for r in d.repairs if r.proven}
    if flip in named:
        yield "right" if len(named) == 1 else "among several"
    else:
        yield "wrong" if named else "none"
    if proven:
        yield "proven" if proven == {flip} else "proven wrongly"


class _Flipped:
    """A file with one bit the other way, for the time of a ``with``."""

    def __init__(self, file: Path, flip: Flip) -> None:
        self._file, self._flip = file, flip

    def _change(self) -> None:
        with self._file.open("r+b") as content:
            content.seek(self._flip.offset)
            byte = content.read(1)[0]
            content.seek(self._flip.offset)
            content.write(bytes([byte ^ 1 << self._flip.bit]))

    def __enter__(self) -> None:
        self._change()

    def __exit__(self, *_: object) -> None:
        self._change()


PARTS = {"values": in_values, "pages": in_pages}


def main() -> int:
    """Try each source; 1 where a proven repair was wrong."""
    options = _options()
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        for name, target, database in _cases(options.sources, Path(folder)):
            for part in options.parts.split(","):
                started = time.monotonic()
                found = trial(
                    target,
                    database,
                    PARTS[part](target),
                    flips=options.flips,
                    searched=options.searched,
                    seed=options.seed,
                )
                wrong += found.repairs["proven wrongly"]
                _print(f"{name}, {part}", found, time.monotonic() - started)
    return 1 if wrong else 0


def _cases(sources: list[str], folder: Path) -> Iterator[tuple[str, Path, Path]]:
    """Name, copy of the source and the database in it."""
    for number, source in enumerate(sources):
        path, copy = Path(source), folder / str(number)
        if path.is_dir():
            shutil.copytree(path, copy)
            yield f"{path.name}/ with its log", copy, next(copy.rglob("snap/db"))
            continue
        content = path.read_bytes()
        copy.write_bytes(content)
        yield path.name, copy, copy
        if len(content) % 4096 == TRAILER:
            bare = folder / f"{number}-bare"
            bare.write_bytes(content[:-TRAILER])
            yield f"{path.name} without its trailer", bare, bare


def _print(name: str, found: Trial, seconds: float) -> None:
    share = found.detected / found.flips
    checks = ", ".join(f"{check} {count}" for check, count in found.told.most_common())
    print(f"{name}: {found.flips} flips, {found.detected} told ({share:.1%}) in {seconds:.0f} s")
    print(f"    by {checks or 'none'}")
    if found.searched:
        words = ", ".join(f"{word} {count}" for word, count in found.repairs.most_common())
        print(f"    the bit, of {found.searched}: {words}", flush=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sources", nargs="*", default=[demo_path("demo-end")])
    parser.add_argument("--flips", type=int, default=500)
    parser.add_argument("--searched", type=int, default=50)
    parser.add_argument("--parts", default=",".join(PARTS))
    parser.add_argument("--seed", type=int, default=20261122)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
