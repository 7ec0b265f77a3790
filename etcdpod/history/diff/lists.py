"""Lists whose members have no names, aligned by deepdiff; importing this module costs 0.2 s."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from deepdiff import DeepDiff
from deepdiff.helper import notpresent

from etcdpod.history.diff.values import ABSENT, equal
from etcdpod.kube.model.merge_keys import ListMember, member_names

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etcdpod.history.diff.values import Difference, Path

_DEEPEST: Final = 24
"""Levels that deepdiff is trusted with: it recurses, with several frames a level."""
_LONGEST: Final = 1000
"""Members beyond which aligning two lists takes longer than its answer is worth."""


class _KeyedList(dict[str, Any]):
    """A list that was keyed for deepdiff."""


class _Flag(str):
    """A boolean for deepdiff, which, as Python does, would take true for 1."""

    __slots__ = ()


def align(
    path: Path, before: list[Any], after: list[Any], stretch: tuple[int, int]
) -> Iterator[Difference]:
    """The differences between two lists whose members differ between two equal ends.

    Args:
        path: of the lists.
        before: the older list.
        after: the newer list.
        stretch: how many members are equal at the start, and how many at the end.

    Yields:
        Path, operation, old and new value. Members too deep or too many to be aligned are reported
        as one replaced list.
    """
    start, end = stretch
    left, right = before[start : len(before) - end], after[start : len(after) - end]
    if max(len(left), len(right)) > _LONGEST or not (_is_shallow(left) and _is_shallow(right)):
        yield path, "replace", before, after
        return
    tree = DeepDiff(_view(left), _view(right), view="tree", ignore_private_variables=False)
    found = [_difference(path, start, level) for levels in tree.values() for level in levels]
    for difference in sorted(found, key=_order):
        if difference[1] != "replace" or not equal(difference[2], difference[3]):
            yield difference


def _difference(path: Path, start: int, level: Any) -> Difference:
    """One finding of deepdiff in our terms."""
    added, removed = level.t1 is notpresent, level.t2 is notpresent
    first, *rest = level.path(output_format="list")
    where = (*path, first + start, *rest)
    if added:
        return where, "add", ABSENT, _plain(level.t2)
    if removed:
        return where, "remove", _plain(level.t1), ABSENT
    return where, "replace", _plain(level.t1), _plain(level.t2)


def _order(difference: Difference) -> list[tuple[bool, int, str]]:
    return [
        (True, part, "") if isinstance(part, int) else (False, 0, part) for part in difference[0]
    ]


def _is_shallow(value: Any) -> bool:
    level = [value]
    for _ in range(_DEEPEST):
        level = [
            child
            for parent in level
            if isinstance(parent, dict | list)
            for child in (parent.values() if isinstance(parent, dict) else parent)
        ]
        if not level:
            return True
    return False


def _view(value: Any, field: str = "") -> Any:
    """The value as deepdiff shall see it: lists keyed, booleans apart from numbers."""
    if isinstance(value, dict):
        return {key: _view(member, key) for key, member in value.items()}
    if isinstance(value, list):
        names = member_names(field, value)
        if names is None:
            return [_view(member) for member in value]
        members = (_view(member) for member in value)
        return _KeyedList(zip(map(ListMember, names), members, strict=True))
    return _Flag(value) if isinstance(value, bool) else value


def _plain(value: Any) -> Any:
    """The JSON value behind a view."""
    if isinstance(value, _KeyedList):
        return [_plain(member) for member in value.values()]
    if isinstance(value, dict):
        return {key: _plain(member) for key, member in value.items()}
    if isinstance(value, list):
        return [_plain(member) for member in value]
    return value == "True" if isinstance(value, _Flag) else value
