"""What every object has: its deletion, finalizers, owners, labels and annotations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from etcdpod.history.summary.brief import ARROW, brief, by_name, clock, moved, named
from etcdpod.kube.model.fields import field, mapping, number, strings, text

if TYPE_CHECKING:
    from collections.abc import Iterator

METADATA_COVERED: Final = (
    "metadata.annotations",
    "metadata.deletionGracePeriodSeconds",
    "metadata.deletionTimestamp",
    "metadata.finalizers",
    "metadata.generation",
    "metadata.labels",
    "metadata.ownerReferences",
)

_QUIET_ANNOTATIONS: Final = frozenset(
    {
        # kubectl's copy of what it applied: the change itself shows in the fields.
        "kubectl.kubernetes.io/last-applied-configuration",
        # Reported by workloads as a rollout.
        "deployment.kubernetes.io/revision",
        "deployment.kubernetes.io/revision-history",
        "deployment.kubernetes.io/desired-replicas",
        "deployment.kubernetes.io/max-replicas",
    }
)


def deletion(before: dict[str, Any], after: dict[str, Any]) -> Iterator[str]:
    """A deletion that was asked for or moved, and finalizers that came or went."""
    old, new = mapping(before, "metadata"), mapping(after, "metadata")
    key = "deletionGracePeriodSeconds"
    if "deletionTimestamp" in new and "deletionTimestamp" not in old:
        grace = f", grace {number(new, key)} s" if key in new else ""
        holding = strings(new, "finalizers")
        held = f", held by finalizer {named(holding)}" if holding else ""
        yield f"deletion asked{grace}{held}"
    elif "deletionTimestamp" in old and "deletionTimestamp" not in new:
        yield "deletion mark removed"
    elif field(old, key) != field(new, key):
        yield f"grace {number(old, key)} s {ARROW} {number(new, key)}" + (
            " s" if number(new, key) else ""
        )
    elif text(old, "deletionTimestamp") != text(new, "deletionTimestamp"):
        times = clock(text(old, "deletionTimestamp")), clock(text(new, "deletionTimestamp"))
        yield f"deletion time {times[0]} {ARROW} {times[1]}"
    yield from finalizers(strings(old, "finalizers"), strings(new, "finalizers"))


def finalizers(old: list[str], new: list[str]) -> Iterator[str]:
    """Finalizers that came or went."""
    for name in sorted(set(new) - set(old)):
        yield f"finalizer {brief(name)} added"
    for name in sorted(set(old) - set(new)):
        yield f"finalizer {brief(name)} removed"


def marks(
    before: dict[str, Any],
    after: dict[str, Any],
    *,
    copied_labels: frozenset[str] = frozenset(),
    values: bool = True,
) -> Iterator[str]:
    """Owners, labels and annotations that changed.

    Args:
        before: the older object.
        after: the newer object.
        copied_labels: labels not to tell.
        values: whether annotations may be quoted; a Secret's hold what it hides.
    """
    old, new = mapping(before, "metadata"), mapping(after, "metadata")
    yield from _owners(old, new)
    for noun, key, quiet, quote in (
        ("label", "labels", copied_labels, True),
        ("annotation", "annotations", _QUIET_ANNOTATIONS, values),
    ):
        sides = [
            {name: value for name, value in mapping(side, key).items() if name not in quiet}
            for side in (old, new)
        ]
        yield from _pairs(noun, *sides, values=quote)


def _owners(old: dict[str, Any], new: dict[str, Any]) -> Iterator[str]:
    left = by_name(old, "ownerReferences", key="uid")
    right = by_name(new, "ownerReferences", key="uid")
    for uid, owner in right.items():
        if uid not in left:
            yield f"owner {text(owner, 'kind')} {brief(text(owner, 'name'))} added"
    for uid, owner in left.items():
        if uid not in right:
            yield f"owner {text(owner, 'kind')} {brief(text(owner, 'name'))} removed"


def _pairs(noun: str, old: dict[str, Any], new: dict[str, Any], *, values: bool) -> Iterator[str]:
    for key in sorted(new.keys() - old.keys()):
        shown = f"={brief(new[key])}" if values and new[key] else ""
        yield f"{noun} {brief(key)}{shown} added"
    for key in sorted(new.keys() & old.keys()):
        if new[key] != old[key]:
            yield f"{noun} {brief(key)} " + (moved(old[key], new[key]) if values else "changed")
    for key in sorted(old.keys() - new.keys()):
        yield f"{noun} {brief(key)} removed"
