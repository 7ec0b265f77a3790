"""What differs between two revisions of an object, as Kubernetes understands it.

Equal subtrees are pruned, lists that Kubernetes treats as maps are keyed by their merge key
(``merge_keys``), and a subtree that came or went is one change, not one for each of its leaves.
What is left are mostly single values. A list without a merge key of which several members differ
goes to deepdiff, which knows how to align it (``list_diff``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from etcdpod.changes import Change
from etcdpod.history.diff.values import ABSENT, equal
from etcdpod.kube.model.merge_keys import ListMember, key_lists
from etcdpod.kube.model.paths import format_path

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from etcdpod.history.diff.values import Difference, Path


_METADATA_NOISE: Final = frozenset({"managedFields", "resourceVersion"})


def changes(
    before: dict[str, Any] | None,
    after: dict[str, Any] | None,
    *,
    noise: bool = False,
    list_map_keys: Mapping[str, Sequence[str]] | None = None,
) -> tuple[Change, ...]:
    """The differences between two neighbouring revisions, in the order of their paths.

    Noise is what every write moves without saying anything: ``metadata.managedFields``,
    ``metadata.resourceVersion`` and the ``lastHeartbeatTime`` of conditions (a node's status is
    rewritten to say that nothing changed). Everything else counts: ``metadata.generation`` is
    the API server's own word that the spec changed, and a Lease's ``renewTime`` is all that its
    revisions are about. The order of a list that is keyed is never a change.

    Where a list has no merge key, a removed or replaced member is named by its position before,
    an added one by its position after.

    Args:
        before: the older object; None when there is none to compare with.
        after: the newer object; None likewise.
        noise: also report what is noise.
        list_map_keys: keys of a custom resource's lists (``x-kubernetes-list-map-keys``) by the
            dotted path of the list, such as ``spec.listeners``.

    Returns:
        The changes; empty when the objects are equal or one of them is None.
    """
    if before is None or after is None:
        return ()
    return tuple(
        Change(
            format_path(path),
            operation,
            None if old is ABSENT else old,
            None if new is ABSENT else new,
        )
        for path, operation, old, new in _differences(before, after, noise, list_map_keys or {})
    )


def is_noise(path: str) -> bool:
    """Whether a change at ``path``, as ``Change.path`` writes it, is noise (see ``changes``)."""
    return path.startswith(("metadata.managedFields", "metadata.resourceVersion")) or (
        path.startswith("status.conditions[") and path.endswith("].lastHeartbeatTime")
    )


def _differences(
    before: Any, after: Any, noise: bool, list_map_keys: Mapping[str, Sequence[str]]
) -> Iterator[Difference]:
    """Walk both values side by side, without recursion: they come from untrusted bytes."""
    stack: list[tuple[Path, Any, Any]] = [((), before, after)]
    while stack:
        path, old, new = stack.pop()
        if old is ABSENT:
            yield path, "add", old, new
        elif new is ABSENT:
            yield path, "remove", old, new
        elif isinstance(old, dict) and isinstance(new, dict):
            stack.extend(_members(path, old, new, noise))
        elif isinstance(old, list) and isinstance(new, list):
            keyed = key_lists(_field(path), old, new, list_map_keys.get(_dotted(path)))
            if keyed is not None:
                stack.extend(_keyed(path, *keyed))
            else:
                yield from _positional(path, old, new, stack)
        else:
            yield path, "replace", old, new


def _members(
    path: Path, old: dict[str, Any], new: dict[str, Any], noise: bool
) -> list[tuple[Path, Any, Any]]:
    """The members of two objects that are not equal, last key first, as a stack wants them."""
    pairs = []
    for key in sorted(old.keys() | new.keys(), reverse=True):
        left, right = old.get(key, ABSENT), new.get(key, ABSENT)
        if not equal(left, right) and (noise or not _is_noise_member(path, key)):
            pairs.append(((*path, key), left, right))
    return pairs


def _keyed(path: Path, old: dict[str, Any], new: dict[str, Any]) -> list[tuple[Path, Any, Any]]:
    """The members of two keyed lists that are not equal, in the lists' order, last first."""
    pairs = []
    for name in reversed([*old, *(name for name in new if name not in old)]):
        left, right = old.get(name, ABSENT), new.get(name, ABSENT)
        if not equal(left, right):
            pairs.append(((*path, name), left, right))
    return pairs


def _positional(
    path: Path, old: list[Any], new: list[Any], stack: list[tuple[Path, Any, Any]]
) -> Iterable[Difference]:
    """The differences of two lists without a merge key; a single pair goes back on the stack."""
    start = 0
    while start < min(len(old), len(new)) and equal(old[start], new[start]):
        start += 1
    end = 0
    while end < min(len(old), len(new)) - start and equal(old[-1 - end], new[-1 - end]):
        end += 1
    left, right = old[start : len(old) - end], new[start : len(new) - end]
    if not left:
        return [((*path, start + i), "add", ABSENT, item) for i, item in enumerate(right)]
    if not right:
        return [((*path, start + i), "remove", item, ABSENT) for i, item in enumerate(left)]
    if len(left) == len(right) == 1:
        stack.append(((*path, start), left[0], right[0]))
        return ()
    from etcdpod.history.diff.lists import align  # it imports deepdiff: 0.2 s

    return align(path, old, new, (start, end))


def _is_noise_member(path: Path, key: str) -> bool:
    if path == ("metadata",):
        return key in _METADATA_NOISE
    return key == "lastHeartbeatTime" and len(path) == 3 and path[:2] == ("status", "conditions")


def _field(path: Path) -> str:
    """The name of the field that a list lies in; empty for a list inside a list."""
    return (
        path[-1]
        if path and isinstance(path[-1], str) and not isinstance(path[-1], ListMember)
        else ""
    )


def _dotted(path: Path) -> str:
    return ".".join(
        part for part in path if isinstance(part, str) and not isinstance(part, ListMember)
    )
