"""What differences are made of: JSON values, compared as JSON compares them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from etcdpod.changes import Operation
    from etcdpod.kube.model.paths import Part

    Path = tuple[Part, ...]
    Difference = tuple[Path, Operation, Any, Any]

ABSENT: Final = object()
"""In place of a value on the side that does not have one."""


def equal(before: Any, after: Any) -> bool:
    """Whether two JSON values are the same: unlike Python, true is not 1; 1.0 is 1."""
    try:
        if before != after:
            return False
    except RecursionError:
        pass  # nested too deeply for ``==``; the loop below has no such limit
    pairs = [(before, after)]
    while pairs:
        old, new = pairs.pop()
        if old is new:
            continue
        if isinstance(old, dict) and isinstance(new, dict):
            if old.keys() != new.keys():
                return False
            pairs.extend((value, new[key]) for key, value in old.items())
        elif isinstance(old, list) and isinstance(new, list):
            if len(old) != len(new):
                return False
            pairs.extend(zip(old, new, strict=True))
        elif isinstance(old, bool) is not isinstance(new, bool) or old != new:
            return False
    return True
