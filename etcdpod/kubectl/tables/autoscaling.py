"""The columns of horizontal pod autoscalers, in every version that may still be stored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from etcdpod.kubectl.tables.printer import (
    NONE,
    UNSET,
    Printer,
    age_of,
    columns,
    dig,
    fields,
    name_of,
)

if TYPE_CHECKING:
    from datetime import datetime

UNKNOWN = "<unknown>"

SOURCES = {
    "External": "external",
    "Pods": "pods",
    "Object": "object",
    "Resource": "resource",
    "ContainerResource": "containerResource",
}
"""Maps metric types to the field that contains the metric."""

SHOWN = 2
"""Number of metrics that are shown."""


def _cells(thing: dict[str, Any], now: datetime) -> list[str]:
    spec, status = thing.get("spec") or {}, thing.get("status") or {}
    reference = spec.get("scaleTargetRef") or {}
    minimum = spec.get("minReplicas")
    return [
        name_of(thing),
        f"{reference.get('kind', '')}/{reference.get('name', '')}",
        _targets(spec, status),
        UNSET if minimum is None else str(minimum),
        str(spec.get("maxReplicas") or 0),
        str(status.get("currentReplicas") or 0),
        age_of(thing, now),
    ]


def _targets(spec: dict[str, Any], status: dict[str, Any]) -> str:
    wanted = spec.get("targetCPUUtilizationPercentage")
    if wanted is not None:
        current = status.get("currentCPUUtilizationPercentage")
        return f"cpu: {UNKNOWN if current is None else f'{current}%'}/{wanted}%"
    metrics = spec.get("metrics") or []
    if not metrics:
        return NONE
    currents = status.get("currentMetrics") or []
    texts = [
        _metric(metric, currents[index] if index < len(currents) else {})
        for index, metric in enumerate(metrics[:SHOWN])
    ]
    more = len(metrics) - SHOWN
    return ", ".join(texts) + (f" + {more} more..." if more > 0 else "")


def _metric(metric: dict[str, Any], status: dict[str, Any]) -> str:
    kind = metric.get("type", "")
    field = SOURCES.get(kind)
    if field is None:
        return "<unknown type>"
    source = metric.get(field) or {}
    target = _values(source, "target")
    current = _values(status.get(field) or {}, "current")
    if kind in ("Resource", "ContainerResource"):
        name = source.get("name", "")
        if "averageValue" in target:
            return f"{name}: {current.get('averageValue', UNKNOWN)}/{target['averageValue']}"
        wanted = target.get("averageUtilization")
        used = current.get("averageUtilization")
        return (
            f"{name}: {UNKNOWN if used is None else f'{used}%'}"
            f"/{'<auto>' if wanted is None else f'{wanted}%'}"
        )
    if kind == "Pods":
        return f"{current.get('averageValue', UNKNOWN)}/{target.get('averageValue', '')}"
    if "averageValue" in target:
        return f"{current.get('averageValue', UNKNOWN)}/{target['averageValue']} (avg)"
    return f"{current.get('value', UNKNOWN)}/{target.get('value', '')}"


def _values(source: dict[str, Any], side: str) -> dict[str, Any]:
    """A metric's target or current value: nested since v2beta2, prefixed fields in v2beta1."""
    nested = source.get(side)
    if isinstance(nested, dict):
        return nested
    found = {
        f"{field[0].lower()}{field[1:]}": source[f"{side}{field}"]
        for field in ("AverageValue", "AverageUtilization", "Value")
        if source.get(f"{side}{field}") is not None
    }
    if side == "target" and source.get("targetValue") is None and "averageValue" in source:
        found["averageValue"] = dig(source, "averageValue")
    return found


HORIZONTAL_POD_AUTOSCALER = Printer(
    kind="HorizontalPodAutoscaler",
    groups=("autoscaling",),
    columns=columns("NAME|REFERENCE|TARGETS|MINPODS|MAXPODS|REPLICAS|AGE"),
    cells=_cells,
    projection=fields(
        "spec.scaleTargetRef",
        "spec.minReplicas",
        "spec.maxReplicas",
        "spec.metrics",
        "spec.targetCPUUtilizationPercentage",
        "status.currentReplicas",
        "status.currentMetrics",
        "status.currentCPUUtilizationPercentage",
    ),
)
