"""What differs between two registries, or between two moments of one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from etcdpod.history.diff.objects import changes
from etcdpod.kube.model.secret import mask_changes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from etcdpod.changes import Change
    from etcdpod.records import Record
    from etcdpod.registry.objects import Item, Objects

Verdict = Literal["added", "deleted", "changed"]


@dataclass(frozen=True, slots=True)
class Difference:
    """One key that is not the same on both sides."""

    key: bytes
    verdict: Verdict
    before: Item | None
    after: Item | None
    changes: tuple[Change, ...]
    """What differs in the object; empty where a side has none, or only noise differs."""


def compare(
    before: Objects,
    after: Objects,
    prefixes: Iterable[bytes] = (b"",),
    *,
    before_at: int | None = None,
    after_at: int | None = None,
    noise: bool = False,
) -> Iterator[Difference]:
    """The keys under the prefixes that differ, in key order.

    Values are compared by their bytes, never by revision alone: two members of one cluster
    may hold different bytes under one revision, and that is what one looks for.
    """
    for prefix in prefixes:
        pairs = _paired(
            iter(before.connector.range(prefix, before_at)),
            iter(after.connector.range(prefix, after_at)),
        )
        for old, new in pairs:
            found = compare_items(before, after, old, new, noise=noise)
            if found is not None:
                yield found


def compare_items(
    before: Objects,
    after: Objects,
    old: Record | None,
    new: Record | None,
    *,
    noise: bool = False,
) -> Difference | None:
    """What differs between two records of one key; None if their values are the same bytes."""
    if old is not None and new is not None and old.value == new.value:
        return None
    return _difference(before, after, old, new, noise=noise)


def _paired(
    left: Iterator[Record], right: Iterator[Record]
) -> Iterator[tuple[Record | None, Record | None]]:
    """Two key-ordered streams side by side; None where a side lacks the key."""
    old, new = next(left, None), next(right, None)
    while old is not None or new is not None:
        if new is None or (old is not None and old.key < new.key):
            yield old, None
            old = next(left, None)
        elif old is None or new.key < old.key:
            yield None, new
            new = next(right, None)
        else:
            yield old, new
            old, new = next(left, None), next(right, None)


def _difference(
    before: Objects, after: Objects, old: Record | None, new: Record | None, *, noise: bool
) -> Difference:
    if old is None and new is not None:
        return Difference(new.key, "added", None, after.read(new), ())
    if new is None and old is not None:
        return Difference(old.key, "deleted", before.read(old), None, ())
    if old is None or new is None:
        raise ValueError("a difference needs a side")
    first, second = before.read_unmasked(old), after.read_unmasked(new)
    found = changes(first.object, second.object, noise=noise)
    if not (before.show_secrets and after.show_secrets):
        kind = str((second.object or {}).get("kind", ""))
        found = mask_changes(kind, found)
    return Difference(new.key, "changed", before.read(old), after.read(new), tuple(found))
