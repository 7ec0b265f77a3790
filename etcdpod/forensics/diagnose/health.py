"""A cheap check, run on every pod, for whether the rules need to examine it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from etcdpod.kube.model.fields import condition, field, mapping, members, number, text
from etcdpod.times import time_or_none

if TYPE_CHECKING:
    from datetime import datetime


def is_healthy(value: dict[str, Any], now: datetime | None) -> bool:
    """Whether the rules need not examine a pod.

    Args:
        value: the pod; the fields of ``HEALTH`` are enough.
        now: the time of the revision under examination.
    """
    metadata, status = mapping(value, "metadata"), mapping(value, "status")
    if text(metadata, "deletionTimestamp"):
        return False
    phase = text(status, "phase")
    if phase == "Succeeded":
        return True
    if phase != "Running" or text(condition(value, "Ready"), "status") != "True":
        return False
    if condition(value, "DisruptionTarget") is not None:
        return False
    born = time_or_none(field(metadata, "creationTimestamp"))
    age = None if now is None or born is None else (now - born).total_seconds()
    return not any(
        _restarted_lately(entry, now, age)
        for part in ("initContainerStatuses", "containerStatuses")
        for entry in members(status, part)
    )


LATELY: Final = 600
"""Seconds for which a restarted container is not considered stable; the longest back-off is 300."""

OFTEN: Final = 3
"""Number of restarts from which the next is predicted from the average interval."""

EVERY: Final = 3600.0
"""Longest average interval between restarts, in seconds, that still predicts the next."""


def _restarted_lately(status: dict[str, Any], now: datetime | None, age: float | None) -> bool:
    """Whether a container failed recently, or fails so often that the next failure is due."""
    ended = mapping(status, "lastState", "terminated") or mapping(status, "state", "terminated")
    if not ended or (number(ended, "exitCode") == 0 and not number(status, "restartCount")):
        return False
    finished = time_or_none(field(ended, "finishedAt"))
    if now is None or finished is None:
        return True
    restarts = number(status, "restartCount")
    doubted: float = LATELY
    if age is not None and restarts >= OFTEN and number(ended, "exitCode") != 0:
        rhythm = age / restarts
        doubted = max(LATELY, 2 * rhythm) if rhythm <= EVERY else LATELY
    return (now - finished).total_seconds() < doubted


_CONTAINER_HEALTH: Final[dict[str, Any]] = {
    "restartCount": {},
    "state": {"terminated": {"exitCode": {}, "finishedAt": {}}},
    "lastState": {"terminated": {"exitCode": {}, "finishedAt": {}}},
}

HEALTH: Final[dict[str, Any]] = {
    "metadata": {"creationTimestamp": {}, "deletionTimestamp": {}},
    "status": {
        "phase": {},
        "conditions": {"type": {}, "status": {}},
        "containerStatuses": _CONTAINER_HEALTH,
        "initContainerStatuses": _CONTAINER_HEALTH,
    },
}
"""The fields of a pod that ``is_healthy`` reads."""
