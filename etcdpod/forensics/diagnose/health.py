"""Whether a pod is worth a second look, asked of every pod: it reads little."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from etcdpod.kube.model.fields import condition, field, mapping, members, number, text
from etcdpod.times import time_or_none

if TYPE_CHECKING:
    from datetime import datetime


def is_healthy(value: dict[str, Any], now: datetime | None) -> bool:
    """Whether nothing about a pod is worth a second look.

    Args:
        value: the pod; the fields of ``HEALTH`` are enough.
        now: the moment that is asked about.
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
"""Seconds for which a container that came back is not yet trusted: the longest back-off is 300."""

OFTEN: Final = 3
"""Restarts from which on the next may be expected after as long as those before took."""

EVERY: Final = 3600.0
"""Seconds from one restart to the next, beyond which that is no rhythm."""


def _restarted_lately(status: dict[str, Any], now: datetime | None, age: float | None) -> bool:
    """Whether a container ended badly not long ago, or ends so often that it is due again."""
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
