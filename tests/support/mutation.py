"""Seeded damage to databases, logs and values; what is made of it is judged by the truth."""

from __future__ import annotations

import hashlib
import random
import shutil
import signal
import tarfile
from collections import Counter
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from wal_writer import LogWriter

from etcdpod.connectors import open_source
from etcdpod.connectors.disk.evidence_places import RANK
from etcdpod.errors import EtcdpodError
from etcdpod.etcd.wal.layout import RecordType
from etcdpod.etcd.wal.reader import WalReader
from etcdpod.kube.codec import Decoder
from etcdpod.records import Encrypted, Revision, Trust, Undecodable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from etcdpod.connectors.disk.datadir import DataDirectoryConnector
    from etcdpod.records import Record

ROOT = Path(__file__).resolve().parents[2]
SMALL = ROOT / "testdata" / "wal"
SHOP = ROOT.parent / "shared" / "fixtures" / "shop"
LONGEST_SECONDS = 20
BELIEVED = (Trust.VOUCHED, Trust.LOGGED)
SECTOR = 512

Facts = tuple[bytes, bool, int, int, int, bytes]


class TooSlow(BaseException):
    """A case took longer than any may."""


class Subject(NamedTuple):
    """Files that are damaged, and what they say when they are sound."""

    name: str
    folder: Path
    """What is opened; the files lie in it."""
    target: Path
    database: Path | None
    log: Path | None
    truth: dict[Revision, Facts]
    """What was, also where these files do not tell all of it."""
    revisions: int
    """How many of it they tell."""


class Verdict(NamedTuple):
    """What became of one case."""

    outcome: str
    """``refused``, ``told``, ``harmless`` (all is right and nothing said) or ``silent``."""
    false: tuple[str, ...]
    """What is wrong at trust A or B, although a checksum could have told."""
    unprotected: int
    """Records at trust A that are wrong in bytes which no checksum covers and no log has."""


def facts(record: Record) -> Facts:
    """What must be right in a record."""
    return (
        record.key, record.tombstone, record.create_revision, record.version, record.lease,
        record.value,
    )  # fmt: skip


def subjects(scratch: Path, *, with_shop: bool = True) -> list[Subject]:
    """All that there are; what needs the shared fixtures only where they are."""
    found = [member_of(scratch / "small", SMALL), _snapshot(scratch)]
    archive = SHOP / "end-datadir.tar.xz"
    if with_shop and archive.exists():
        with tarfile.open(archive) as packed:
            packed.extractall(scratch / "packed", filter="data")
        source = next((scratch / "packed").rglob("member"))
        found.append(member_of(scratch / "shop", source))
        late = member_of(scratch / "late", source, late_log)
        found.append(late._replace(truth={**late.truth, **found[-1].truth}))
    return found


def member_of(folder: Path, source: Path, rewrite: Callable[[Path], None] | None = None) -> Subject:
    """A copy of a data directory, with another log where ``rewrite`` makes one of it."""
    shutil.copytree(source, folder)
    for path in (folder / "wal").glob("*.tmp"):
        path.unlink()
    (log,) = (folder / "wal").glob("*.wal")
    # Without the preallocated zeros, which take long to copy.
    content = log.read_bytes().rstrip(b"\0")
    log.write_bytes(content + bytes(-len(content) % 8 + SECTOR))
    if rewrite is not None:
        rewrite(log)
        (log,) = (folder / "wal").glob("*.wal")
    truth = truth_of(folder)
    database = folder / "snap" / "db"
    return Subject(folder.name, folder, folder, database, log, truth, len(truth))


def late_log(path: Path, share: float = 0.5) -> None:
    """Make of a log one whose first part etcd has deleted, as it does after a while."""
    frames = list(WalReader([path], []).frames())
    entries = [n for n, frame in enumerate(frames) if frame.type == RecordType.ENTRY]
    begin = entries[int(len(entries) * share)]
    (metadata,) = [frame.data for frame in frames if frame.type == RecordType.METADATA]
    log = LogWriter(path.parent)
    log.segments[0].clear()
    log.checksum = 0x5EED
    log.begin(metadata)
    for frame in frames[begin:]:
        log.add(RecordType(frame.type), frame.data)
    path.unlink()
    late = path.with_name("0000000000000001-0000000000000100.wal")
    late.write_bytes(bytes(log.segments[0]) + bytes(SECTOR))


def _snapshot(scratch: Path) -> Subject:
    folder = scratch / "snapshot"
    folder.mkdir()
    content = (SMALL / "snap" / "db").read_bytes()
    path = folder / "snapshot.db"
    path.write_bytes(content + hashlib.sha256(content).digest())
    truth = truth_of(path)
    return Subject("snapshot", folder, path, path, None, truth, len(truth))


def truth_of(target: Path) -> dict[Revision, Facts]:
    """What the sound files say."""
    source = open_source(str(target))
    truth = {record.revision: facts(record) for record in source.records()}
    assert not source.damage, source.damage
    source.close()
    return truth


def flipped(content: bytes, choose: random.Random) -> bytes:
    """One bit is another."""
    changed = bytearray(content)
    changed[choose.randrange(len(content))] ^= 1 << choose.randrange(8)
    return bytes(changed)


def damaged(content: bytes, choose: random.Random) -> bytes:
    """Damage of several kinds, as disks, copies and people make it."""
    changed = bytearray(content)
    for _ in range(choose.randint(1, 4)):
        start, kind = choose.randrange(len(changed)), choose.randrange(7)
        if kind < 2:
            changed[start] ^= 1 << choose.randrange(8)
        elif kind == 2:
            changed[start : start + 8] = choose.randbytes(min(8, len(changed) - start))
        elif kind == 3:
            start -= start % SECTOR
            changed[start : start + SECTOR] = bytes(min(SECTOR, len(changed) - start))
        elif kind == 4:
            other, size = choose.randrange(len(changed)), choose.choice([16, 64, SECTOR])
            piece = changed[other : other + size][: len(changed) - start]
            changed[start : start + len(piece)] = piece
        elif kind == 5 and choose.random() < 0.2:
            del changed[max(start, 64) :]
        elif kind == 6 and choose.random() < 0.2:
            del changed[start : start + choose.choice([1, 8, SECTOR])]
    return bytes(changed)


KINDS = ("database", "log", "both")


def case(subject: Subject, seed: int) -> tuple[str, Verdict]:
    """One case; its kind, and what became of it. The files are sound again afterwards."""
    choose = random.Random(seed)
    kind = "database" if subject.log is None else choose.choice(KINDS)
    how = flipped if choose.random() < 0.6 else damaged
    paths = [
        path
        for path, name in ((subject.database, "database"), (subject.log, "log"))
        if path is not None and kind in (name, "both")
    ]
    sound = {path: path.read_bytes() for path in paths}
    try:
        for path, content in sound.items():
            path.write_bytes(how(content, choose))
        with limited():
            verdict = judged(subject)
    finally:
        for path, content in sound.items():
            path.write_bytes(content)
    return f"{subject.name}: {'bit' if how is flipped else 'more'} in {kind}", verdict


@contextmanager
def limited() -> Iterator[None]:
    """Ends what takes too long."""

    def end(*_: object) -> None:
        raise TooSlow

    previous = signal.signal(signal.SIGALRM, end)
    signal.alarm(LONGEST_SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, previous)


def judged(subject: Subject) -> Verdict:
    """Open it, ask it everything, compare."""
    try:
        source: Any = open_source(str(subject.target))
    except EtcdpodError:
        return Verdict("refused", (), 0)
    try:
        records = list(source.records())
        info = source.info()
        list(source.range(b""))
        if subject.log is not None:
            list(source.attempts())
        assert info.current_revision >= 1
        check = source.check_trailer() if subject.log is None else None
        is_told = bool(source.damage) or check is False
        is_database_told = bool(source.store.damage) or check is False
        logged = _logged(source) if subject.log is not None else set()
    except EtcdpodError:
        return Verdict("refused", (), 0)
    finally:
        source.close()
    wrong = [record for record in records if not _is_right(subject.truth, record)]
    believed = [record for record in wrong if record.provenance.trust in BELIEVED]
    false, unprotected = [], 0
    for record in believed:
        reason = _reason(subject, record, logged, is_told=is_database_told)
        if reason:
            false.append(reason)
        else:
            unprotected += 1
    is_right = not wrong and len(records) == subject.revisions
    outcome = "told" if is_told else "harmless" if is_right else "silent"
    return Verdict(outcome, tuple(false), unprotected)


def _is_right(truth: dict[Revision, Facts], record: Record) -> bool:
    known, found = truth.get(record.revision), facts(record)
    if known is None:
        return False
    # Create revision and version of 0 are those that a log does not tell.
    numbers = zip(known[2:4], found[2:4], strict=True)
    return (known[:2], known[4:]) == (found[:2], found[4:]) and all(
        found in (0, known) for known, found in numbers
    )


def _logged(source: DataDirectoryConnector) -> set[Revision]:
    """Revisions that the log has beyond doubt."""
    assert source.log is not None
    columns = source.log.place.columns()
    sound = columns.rank == RANK[Trust.LOGGED]
    pairs = zip(columns.main[sound].tolist(), columns.sub[sound].tolist(), strict=True)
    return {Revision(*pair) for pair in pairs}


def _reason(subject: Subject, record: Record, logged: set[Revision], *, is_told: bool) -> str:
    """Why a wrong record should not have been believed; empty where nothing could tell."""
    what = f"{record.key.decode(errors='replace')} {record.revision} {record.version}"
    known = subject.truth.get(record.revision)
    what += f" at {record.provenance.trust.value}, not {known and known[:4]}"
    if record.provenance.trust is Trust.LOGGED:
        return what
    if record.revision in logged:
        return f"{what}, though the log has it"
    if known is None:
        # The same under another number: the revision itself is protected by nothing either.
        found = facts(record)
        is_moved = any((was[0], was[5]) == (found[0], found[5]) for was in subject.truth.values())
        return "" if is_told or is_moved else f"{what}, which never was"
    # Key, numbers, lease and value are bytes that bbolt and etcd protect by nothing.
    return "" if known[1] == record.tombstone or is_told else f"{what}, a deletion or not"


def stored_values(limit: int = 400) -> list[tuple[bytes, bytes]]:
    """Keys and values of a recorded registry, of the demo where there is no other."""
    from etcdpod.demo import demo_path

    path = SHOP / "end.db"
    source = open_source(str(path) if path.exists() else demo_path("demo"))
    found = [(record.key, record.value) for record in source.range(b"")]
    source.close()
    return found[:: max(len(found) // limit, 1)]


def value_case(values: list[tuple[bytes, bytes]], seed: int) -> tuple[str, Verdict]:
    """One damaged value decoded."""
    choose = random.Random(seed)
    key, value = choose.choice(values)
    how = flipped if choose.random() < 0.6 else damaged
    changed = how(value, choose) if value else value
    with limited():
        before, after = (Decoder().decode(key, data) for data in (value, changed))
    name = f"values: {'bit' if how is flipped else 'more'}"
    if isinstance(after, Undecodable | Encrypted):
        return name, Verdict("told", (), 0)
    is_told = bool(after.unknown) and not before.unknown
    is_same = changed == value or (after.object == before.object and not is_told)
    return name, Verdict("told" if is_told else "harmless" if is_same else "silent", (), 0)


class Tally:
    """Counts of verdicts by kind of case."""

    def __init__(self) -> None:
        self.outcomes: dict[str, Counter[str]] = {}
        self.false: list[str] = []

    def add(self, seed: int, kind: str, verdict: Verdict) -> None:
        """Count one."""
        counts = self.outcomes.setdefault(kind, Counter())
        counts[verdict.outcome] += 1
        counts["unprotected"] += verdict.unprotected > 0
        counts["false"] += len(verdict.false) > 0
        if verdict.false:
            self.false.append(f"seed {seed}, {kind}: {'; '.join(verdict.false[:3])}")

    def lines(self) -> Iterator[str]:
        """A table."""
        columns = ("refused", "told", "harmless", "silent", "unprotected", "false")
        yield f"{'':36}" + "".join(f"{name:>12}" for name in ("cases", *columns))
        for kind in sorted(self.outcomes):
            counts = self.outcomes[kind]
            cases = sum(counts[name] for name in columns[:4])
            numbers = (cases, *(counts[name] for name in columns))
            yield f"{kind:36}" + "".join(f"{number:>12}" for number in numbers)
