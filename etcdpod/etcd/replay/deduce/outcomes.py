"""What each logged request may have done, where the log alone does not tell.

A request is one step: it took the next main revision or none. Its options are the ways in which
etcd can have carried it out; each says what must have been so before, and what it wrote.

References:
    https://github.com/etcd-io/etcd/blob/main/server/etcdserver/txn/txn.go
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import chain, product
from typing import TYPE_CHECKING, Any, NamedTuple

from etcdpod.etcd.replay.attempts import place_of, value_place
from etcdpod.etcd.replay.txn_evaluator import CompareTarget

if TYPE_CHECKING:
    from collections.abc import Iterable

    from etcdpod.etcd.replay.rows import Place
    from etcdpod.etcd.wal.columns import LoggedEntry

EQUAL, GREATER, LESS, NOT_EQUAL = range(4)
"""etcdserverpb.Compare.CompareResult."""
MAX_OPTIONS = 64
"""Ways through the nested transactions of one request; with more, its outcome is unknown."""
_GIVEN = {
    CompareTarget.VERSION: "version",
    CompareTarget.CREATE: "create_revision",
    CompareTarget.MOD: "mod_revision",
    CompareTarget.LEASE: "lease",
}


class Test(NamedTuple):
    """One compare of a transaction, on one key."""

    target: int
    relation: int
    given: int
    """Of a value its ``digest``."""


class Write(NamedTuple):
    """One operation that may change keys."""

    key: bytes
    """Empty for a revoked lease."""
    value: tuple[int, int, int] | None = None
    """Segment, offset and size of what is put; None for a deletion."""
    digest: int = 0
    lease: int = 0
    """Of a put, or the one that is revoked."""
    range_end: bytes = b""
    keeps_value: bool = False
    keeps_lease: bool = False

    @property
    def is_sweep(self) -> bool:
        """Whether it deletes keys that the log does not name."""
        return self.value is None and (bool(self.range_end) or not self.key)


@dataclass(slots=True)
class Option:
    """One way in which a request can have been carried out."""

    must: dict[bytes, list[Test]] = field(default_factory=dict)
    """What held before."""
    must_not: dict[bytes, list[Test]] = field(default_factory=dict)
    """What did not hold before; each alone is enough for this outcome."""
    writes: tuple[Write, ...] = ()
    advance: int = 0
    """1 if it took a revision, 0 if it changed nothing."""
    absent: bytes | None = None
    """A key whose absence alone leads to it."""

    def has(self, write: Write) -> bool:
        """Whether it writes exactly this."""
        return any(one is write for one in self.writes)


@dataclass(slots=True)
class Step:
    """A request that may have changed something."""

    place: Place
    options: list[Option]
    keys: tuple[bytes, ...] = ()
    """Compared, written or swept."""
    attempted: tuple[Write, ...] = ()
    """The puts that it makes if its compares hold."""
    flags: int = 0
    is_guarded: bool = False
    """It has compares."""
    is_wild: bool = False
    """Not understood: it may have changed any key."""

    @property
    def advances(self) -> tuple[int, int]:
        """How many revisions it takes at least and at most."""
        found = {option.advance for option in self.options}
        return min(found), max(found)

    @property
    def is_sweep(self) -> bool:
        """Whether it does nothing but to delete keys that the log does not name."""
        return all(
            len(option.writes) == 1 and option.writes[0].is_sweep and not option.must
            for option in self.options
        )

    @property
    def sweeps(self) -> list[Write]:
        """The deletions of keys that the log does not name."""
        return [write for option in self.options for write in option.writes if write.is_sweep]


REFUSED = Option()
"""A request that was turned down for a reason outside of it."""


def digest(value: bytes) -> int:
    """A number that only equal values share, for all that matters; unlike from run to run."""
    return hash((len(value), value))


def step_of(entry: LoggedEntry, request: Any, flags: int = 0) -> Step | None:
    """The step that a request is; None where it changes no key whatever it meets."""
    options: list[Option] | None = None
    attempted: tuple[Write, ...] = ()
    if request.HasField("txn"):
        branches = _branches(entry, request.txn)
        if branches is None:
            return wild_step(entry, flags)
        options = [option for branch in branches for option in _options(*branch)]
        attempted = tuple(
            _put(entry, operation.request_put)
            for operation in request.txn.success
            if operation.HasField("request_put")
        )
        if _hangs_on_revisions(request.txn):
            options.append(REFUSED)
    elif request.HasField("put"):
        attempted = (_put(entry, request.put),)
        options = _options([], [], attempted)
    elif request.HasField("delete_range"):
        options = _options([], [], (_deletion(request.delete_range),))
    elif request.HasField("lease_revoke"):
        options = _options([], [], (Write(b"", lease=request.lease_revoke.ID),))
    if options is None or not any(option.advance for option in options):
        return None
    options += [Option(absent=key) for key in sorted(_kept(options))]
    is_guarded = any(option.must for option in options)
    return Step(place_of(entry), options, _keys(options), attempted, flags, is_guarded)


def wild_step(entry: LoggedEntry, flags: int = 0, shown: Step | None = None) -> Step:
    """An entry that cannot be believed or understood; ``shown`` is what it seems to be."""
    writes = shown.options[0].writes if shown is not None else ()
    options = [Option(writes=writes, advance=1), Option(writes=writes)]
    return Step(place_of(entry), options, flags=flags, is_wild=True)


def _options(
    must: Iterable[tuple[bytes, Test]],
    must_not: Iterable[tuple[bytes, Test]],
    writes: tuple[Write, ...],
) -> list[Option]:
    """A branch as options: with deletions alone it may have changed nothing."""
    if any(write.value is not None for write in writes):
        advances = [1]
    else:
        advances = [1, 0] if writes else [0]
    return [Option(_by_key(must), _by_key(must_not), writes, advance) for advance in advances]


class _Branch(NamedTuple):
    """One way through a transaction."""

    must: list[tuple[bytes, Test]]
    must_not: list[tuple[bytes, Test]]
    writes: tuple[Write, ...]


def _branches(entry: LoggedEntry, txn: Any) -> list[_Branch] | None:
    """The ways through a transaction, nested ones included; None if there are too many.

    All compares see the state before the transaction.
    """
    tests = [(one.key, _test(one)) for one in txn.compare if not one.range_end]
    failing = tests if len(txn.compare) == 1 else []
    found: list[_Branch] = []
    for head, operations in (
        (_Branch(tests, [], ()), txn.success),
        (_Branch([], failing, ()), txn.failure if txn.compare else None),
    ):
        parts = None if operations is None else _parts(entry, operations)
        if operations is None:
            continue
        if parts is None:
            return None
        for chosen in product([head], *parts):
            if len(found) == MAX_OPTIONS:
                return None
            found.append(_joined(chosen))
    return found


def _parts(entry: LoggedEntry, operations: Iterable[Any]) -> list[list[_Branch]] | None:
    """For each operation the ways in which it can be executed."""
    parts = []
    for operation in operations:
        kind = operation.WhichOneof("request")
        if kind == "request_txn":
            nested = _branches(entry, operation.request_txn)
            if nested is None:
                return None
            parts.append(nested)
        elif kind == "request_put":
            parts.append([_Branch([], [], (_put(entry, operation.request_put),))])
        elif kind == "request_delete_range":
            parts.append([_Branch([], [], (_deletion(operation.request_delete_range),))])
    return parts


def _joined(branches: Iterable[_Branch]) -> _Branch:
    must, must_not, writes = zip(*branches, strict=True)
    return _Branch(
        list(chain.from_iterable(must)),
        list(chain.from_iterable(must_not)),
        tuple(chain.from_iterable(writes)),
    )


def _test(compare: Any) -> Test:
    if compare.target == CompareTarget.VALUE:
        return Test(compare.target, compare.result, digest(compare.value))
    name = _GIVEN.get(compare.target)
    return Test(compare.target, compare.result, getattr(compare, name) if name else 0)


def _put(entry: LoggedEntry, put: Any) -> Write:
    return Write(
        put.key, value_place(entry, put.value), digest(put.value), put.lease,
        keeps_value=put.ignore_value, keeps_lease=put.ignore_lease,
    )  # fmt: skip


def _deletion(request: Any) -> Write:
    return Write(request.key, range_end=request.range_end)


def _by_key(tests: Iterable[tuple[bytes, Test]]) -> dict[bytes, list[Test]]:
    found: dict[bytes, list[Test]] = {}
    for key, test in tests:
        found.setdefault(key, []).append(test)
    return found


def _kept(options: list[Option]) -> set[bytes]:
    """The keys of which something is to be kept: without them the request is refused."""
    return {
        write.key
        for option in options
        for write in option.writes
        if write.keeps_value or write.keeps_lease
    }


def _keys(options: list[Option]) -> tuple[bytes, ...]:
    found: dict[bytes, None] = {}
    for option in options:
        found.update(dict.fromkeys([*option.must, *option.must_not]))
        found.update((write.key, None) for write in option.writes if not write.is_sweep)
    return tuple(found)


def _hangs_on_revisions(txn: Any) -> bool:
    """Whether a read of an old revision may fail the whole transaction."""
    for operation in (*txn.success, *txn.failure):
        kind = operation.WhichOneof("request")
        if kind == "request_range" and operation.request_range.revision != 0:
            return True
        if kind == "request_txn" and _hangs_on_revisions(operation.request_txn):
            return True
    return False
