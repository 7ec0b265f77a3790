"""Jobs: what they ask for, and how their pods ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from etcdpod.history.summary.brief import clock, counts_moved, moved
from etcdpod.history.summary.conditions import conditions_changed
from etcdpod.history.summary.summariser import Summariser
from etcdpod.history.summary.workload import born
from etcdpod.kube.model.fields import field, text

if TYPE_CHECKING:
    from collections.abc import Iterator

_COUNTS: Final = {name: name for name in ("active", "ready", "succeeded", "failed")}
_ASKED: Final = ("parallelism", "completions", "backoffLimit")


def _changed(before: dict[str, Any], after: dict[str, Any]) -> Iterator[str]:
    for name in _ASKED:
        old, new = field(before, "spec", name), field(after, "spec", name)
        if old != new:
            yield f"{name} {moved(old, new)}"
    if field(before, "spec", "suspend") != field(after, "spec", "suspend"):
        yield "suspended" if field(after, "spec", "suspend") is True else "resumed"
    yield from counts_moved(before, after, _COUNTS)
    yield from conditions_changed(before, after)
    started = text(after, "status", "startTime")
    if started and not text(before, "status", "startTime"):
        yield f"started {clock(started)}"
    if _awaiting_count(before) != _awaiting_count(after):
        yield f"pods being counted {moved(_awaiting_count(before), _awaiting_count(after))}"


def _awaiting_count(job: dict[str, Any]) -> int:
    """Finished pods that the Job has not yet added to its counts."""
    waiting = [field(job, "status", "uncountedTerminatedPods", end) for end in _ENDS]
    return sum(len(uids) for uids in waiting if isinstance(uids, list))


_ENDS: Final = ("succeeded", "failed")

JOB: Final = Summariser(
    kinds=frozenset({("batch", "Job")}),
    changed=_changed,
    covered=(
        *(f"spec.{name}" for name in _ASKED),
        "spec.suspend",
        *(f"status.{name}" for name in _COUNTS),
        "status.completionTime",
        "status.conditions",
        "status.startTime",
        "status.terminating",
        "status.uncountedTerminatedPods",
    ),
    born=born,
)
"""Jobs."""
