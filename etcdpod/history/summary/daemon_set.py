"""DaemonSets, which count nodes and not replicas."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from etcdpod.history.summary.brief import counts_moved
from etcdpod.history.summary.conditions import conditions_changed
from etcdpod.history.summary.summariser import Summariser
from etcdpod.history.summary.template import containers_told
from etcdpod.history.summary.workload import RESTART_COVERED, asked, born

if TYPE_CHECKING:
    from collections.abc import Iterator

_COUNTS: Final = {
    "desiredNumberScheduled": "desired",
    "currentNumberScheduled": "current",
    "updatedNumberScheduled": "updated",
    "numberReady": "ready",
    "numberAvailable": "available",
    "numberMisscheduled": "misscheduled",
}


def _changed(before: dict[str, Any], after: dict[str, Any]) -> Iterator[str]:
    yield from asked(before, after)
    yield from counts_moved(before, after, _COUNTS)
    yield from conditions_changed(before, after)


DAEMON_SET: Final = Summariser(
    kinds=frozenset({("apps", "DaemonSet"), ("extensions", "DaemonSet")}),
    changed=_changed,
    covered=(
        RESTART_COVERED,
        *containers_told("spec.template.spec"),
        *(f"status.{name}" for name in _COUNTS),
        "status.conditions",
        "status.numberUnavailable",
        "status.observedGeneration",
    ),
    born=born,
)
"""DaemonSets."""
