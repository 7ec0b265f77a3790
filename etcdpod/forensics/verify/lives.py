"""Checks whether an immutable part of an object changed by one bit.

The API server keeps an object's uid and creation time, and most of a pod's spec, immutable. A
revision that differs there from others of its incarnation was not written that way.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

from etcdpod.forensics.verify.bit_repair.near import bits_apart
from etcdpod.forensics.verify.model import Defect, Repair
from etcdpod.forensics.verify.times import unix_seconds
from etcdpod.kube.codec import Decoded
from etcdpod.records import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etcdpod.forensics.verify.model import VerifiedSource
    from etcdpod.history.lives import Registry
    from etcdpod.records import Record

MUTABLE = frozenset(
    {"activeDeadlineSeconds", "terminationGracePeriodSeconds", "tolerations", "schedulingGates"}
    | {"nodeSelector", "affinity", "ephemeralContainers", "image", "resources", "resizePolicy"}
)
"""Mutable fields of a pod's spec and its containers."""
MOST_NODES = 20_000
MOST_SUSPECTS = 1_000
LONGEST_LIFE = 5_000
"""Maximum number of revisions compared per incarnation."""
_CONSEQUENCE = "clients that compare the two take them for different objects, or for a change"

Life = tuple[int, int]
"""Hash of a key, and the create revision of the incarnation."""
Leaves = dict[str, Any]
"""Paths and values of immutable fields."""


class LifeContent(NamedTuple):
    """The immutable fields of one revision."""

    life: Life
    content: int
    """Hash of all immutable fields."""
    key: bytes


class Lives:
    """Collects the immutable fields of revisions and finds contradictions."""

    def __init__(self) -> None:
        self._contents: dict[Life, int] = {}
        self._suspects: dict[Life, bytes] = {}

    def add(self, one: LifeContent) -> None:
        """Add a revision."""
        first = self._contents.setdefault(one.life, one.content)
        if first != one.content and len(self._suspects) < MOST_SUSPECTS:
            self._suspects[one.life] = one.key

    def contradictions(self, subject: VerifiedSource) -> Iterator[tuple[Record, Defect]]:
        """Revisions in which an immutable field differs by one bit from their incarnation."""
        for (_, created), key in self._suspects.items():
            records = [
                (record, leaves)
                for record in subject.registry.connector.history(key)
                if record.create_revision == created and not record.tombstone
                for leaves in [_leaves(subject.registry.decoder.decode(key, record.value))]
                if leaves
            ]
            for record, path, usual, is_told in _differing(records[-LONGEST_LIFE:]):
                yield record, _defect(subject.registry, record, path, usual, is_told=is_told)


def content_of(record: Record, outcome: object) -> LifeContent | None:
    """The immutable fields of a revision; None if it is not an object."""
    leaves = _leaves(outcome)
    if not leaves:
        return None
    content = hash(tuple(leaves.items()))
    return LifeContent((hash(record.key), record.create_revision), content, record.key)


def _leaves(outcome: object) -> Leaves:
    if not isinstance(outcome, Decoded) or not isinstance(outcome.object.get("metadata"), dict):
        return {}
    metadata = outcome.object["metadata"]
    leaves = {
        f"metadata.{name}": metadata[name]
        for name in ("uid", "creationTimestamp")
        if isinstance(metadata.get(name), str)
    }
    if (outcome.api_version, outcome.kind) == ("v1", "Pod"):
        leaves |= _below("spec", outcome.object.get("spec"))
    return leaves


def _below(path: str, value: Any) -> Leaves:
    leaves: Leaves = {}
    waiting = [(path, value)]
    for _ in range(MOST_NODES):
        if not waiting:
            break
        at, node = waiting.pop()
        if isinstance(node, dict):
            waiting.extend((f"{at}.{k}", one) for k, one in node.items() if k not in MUTABLE)
        elif isinstance(node, list):
            waiting.extend((f"{at}[{n}]", one) for n, one in enumerate(node))
        else:
            leaves[at] = node
    return leaves


def _differing(life: list[tuple[Record, Leaves]]) -> Iterator[tuple[Record, str, Any, bool]]:
    """Revisions that differ by one bit, the path, the common value, and whether most have it."""
    for path in life[0][1] if life else ():
        counts = Counter(leaves[path] for _, leaves in life if path in leaves)
        if len(counts) < 2:
            continue
        usual, times = counts.most_common(1)[0]
        for record, leaves in life:
            other = leaves.get(path)
            if other is not None and other != usual and is_one_bit(other, usual):
                yield record, path, usual, times > counts[other]


def is_one_bit(one: Any, other: Any) -> bool:
    """Whether two values differ by one stored bit."""
    if isinstance(one, str) and isinstance(other, str):
        a, b = unix_seconds(one), unix_seconds(other)
        if a is not None and b is not None:
            return (a ^ b).bit_count() == 1
        return bits_apart(one.encode(errors="replace"), other.encode(errors="replace")) == 1
    if isinstance(one, int) and isinstance(other, int):
        return (one ^ other).bit_count() == 1
    return False


def _repairs(registry: Registry, record: Record, path: str, usual: Any) -> Iterator[Repair]:
    """The bit flip that gives a value the common field, as offset from its start."""
    current = _leaves(registry.decoder.decode(record.key, record.value)).get(path)
    was, wanted = _stored(current), _stored(usual)
    found = record.value.find(was) if len(was) == len(wanted) and was else -1
    while found >= 0:
        mended = record.value[:found] + wanted + record.value[found + len(was) :]
        if _leaves(registry.decoder.decode(record.key, mended)).get(path) == usual:
            at = next(at for at in range(len(was)) if was[at] != wanted[at])
            bit = (was[at] ^ wanted[at]).bit_length() - 1
            yield Repair(found + at, bit, was[at], "as the object's other revisions have it")
        found = record.value.find(was, found + 1)


def _stored(value: Any) -> bytes:
    """A text as stored; for a time, its seconds in protobuf encoding."""
    if not isinstance(value, str):
        return b""
    seconds = unix_seconds(value)
    if seconds is None or seconds < 0:
        return value.encode(errors="replace")
    out = bytearray(b"\x08")
    while seconds > 0x7F:
        out.append(seconds & 0x7F | 0x80)
        seconds >>= 7
    return bytes([*out, seconds])


def _defect(registry: Registry, record: Record, path: str, usual: Any, *, is_told: bool) -> Defect:
    differs = "is not what the object's other revisions have, by one bit"
    if not is_told:
        differs = "and that of another revision differ by one bit, either may be the right one"
    repairs = tuple(_repairs(registry, record, path, usual)) if is_told else ()
    return Defect(
        check="lives",
        where="",
        what=f"{path} {differs}; nobody can change it",
        consequence=_CONSEQUENCE,
        severity=Severity.WARNING,
        offset=repairs[0].offset if repairs else None,
        revision=str(record.revision),
        path=path,
        repairs=repairs,
        is_searched=False,
    )
