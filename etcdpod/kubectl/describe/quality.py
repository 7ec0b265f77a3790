"""The quality of service class that follows from a pod's requests and limits."""

from __future__ import annotations

from fractions import Fraction
from typing import Any, Final

from etcdpod.kube.model.quantity import parse_quantity

COMPUTE: Final = ("cpu", "memory")
"""The resources that are considered."""


def quality_of_service(spec: dict[str, Any]) -> str:
    """``Guaranteed``, ``Burstable`` or ``BestEffort``, for a pod whose status has no class."""
    containers = [*(spec.get("initContainers") or ()), *(spec.get("containers") or ())]
    requests: list[dict[str, Fraction]] = []
    limits: list[dict[str, Fraction]] = []
    for part in [spec] if spec.get("resources") else containers:
        resources = part.get("resources") or {}
        requests.append(_set(resources.get("requests")))
        limits.append(_set(resources.get("limits")))
    if not any(requests) and not any(limits):
        return "BestEffort"
    complete = all(len(limit) == len(COMPUTE) for limit in limits)
    guaranteed = complete and _sums(requests) == _sums(limits)
    return "Guaranteed" if guaranteed else "Burstable"


def _sums(amounts: list[dict[str, Fraction]]) -> dict[str, Fraction]:
    return {
        name: sum((one[name] for one in amounts if name in one), Fraction(0)) for name in COMPUTE
    }


def _set(resources: dict[str, Any] | None) -> dict[str, Fraction]:
    """The considered resources with a quantity above zero."""
    found = {name: parse_quantity(str((resources or {}).get(name, "0"))) for name in COMPUTE}
    return {name: value for name, value in found.items() if value}
