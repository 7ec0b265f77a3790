"""The columns of kinds that affect scheduling: classes, budgets, devices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from etcdpod.kubectl.tables.printer import (
    Printer,
    age_of,
    boolean,
    columns,
    dig,
    fields,
    name_of,
    number_at,
    text_at,
)

if TYPE_CHECKING:
    from datetime import datetime


def _pod_disruption_budget(thing: dict[str, Any], now: datetime) -> list[str]:
    bounds = (dig(thing, "spec", field) for field in ("minAvailable", "maxUnavailable"))
    return [
        name_of(thing),
        *("N/A" if bound is None else str(bound) for bound in bounds),
        str(number_at(thing, "status", "disruptionsAllowed")),
        age_of(thing, now),
    ]


POD_DISRUPTION_BUDGET = Printer(
    kind="PodDisruptionBudget",
    groups=("policy",),
    columns=columns("NAME|MIN AVAILABLE|MAX UNAVAILABLE|ALLOWED DISRUPTIONS|AGE"),
    cells=_pod_disruption_budget,
    projection=fields("spec.minAvailable", "spec.maxUnavailable", "status.disruptionsAllowed"),
)


def _priority_class(thing: dict[str, Any], now: datetime) -> list[str]:
    return [
        name_of(thing),
        str(number_at(thing, "value")),
        boolean(thing.get("globalDefault")),
        age_of(thing, now),
        text_at(thing, "preemptionPolicy"),
    ]


PRIORITY_CLASS = Printer(
    kind="PriorityClass",
    groups=("scheduling.k8s.io",),
    columns=columns("NAME|VALUE|GLOBAL-DEFAULT|AGE|PREEMPTIONPOLICY"),
    cells=_priority_class,
    projection=fields("value", "globalDefault", "preemptionPolicy"),
)


def _runtime_class(thing: dict[str, Any], now: datetime) -> list[str]:
    handler = text_at(thing, "handler") or text_at(thing, "spec", "runtimeHandler")
    return [name_of(thing), handler, age_of(thing, now)]


RUNTIME_CLASS = Printer(
    kind="RuntimeClass",
    groups=("node.k8s.io",),
    columns=columns("NAME|HANDLER|AGE"),
    cells=_runtime_class,
    projection=fields("handler", "spec.runtimeHandler"),
)


def _resource_claim(thing: dict[str, Any], now: datetime) -> list[str]:
    states = ["deleted"] if dig(thing, "metadata", "deletionTimestamp") else []
    if dig(thing, "status", "allocation") is not None:
        states.append("allocated")
        if dig(thing, "status", "reservedFor"):
            states.append("reserved")
    elif not states:
        states.append("pending")
    return [name_of(thing), ",".join(states), age_of(thing, now)]


RESOURCE_CLAIM = Printer(
    kind="ResourceClaim",
    groups=("resource.k8s.io",),
    columns=columns("NAME|STATE|AGE"),
    cells=_resource_claim,
    projection=fields("status.allocation", "status.reservedFor.uid"),
)


def _resource_slice(thing: dict[str, Any], now: datetime) -> list[str]:
    spec = thing.get("spec")
    return [
        name_of(thing),
        text_at(spec, "nodeName"),
        text_at(spec, "driver"),
        text_at(spec, "pool", "name"),
        age_of(thing, now),
    ]


RESOURCE_SLICE = Printer(
    kind="ResourceSlice",
    groups=("resource.k8s.io",),
    columns=columns("NAME|NODE|DRIVER|POOL|AGE"),
    cells=_resource_slice,
    projection=fields("spec.nodeName", "spec.driver", "spec.pool.name"),
)


def _name_and_age(thing: dict[str, Any], now: datetime) -> list[str]:
    return [name_of(thing), age_of(thing, now)]


DEVICE_CLASS, DEVICE_TAINT_RULE, RESOURCE_CLAIM_TEMPLATE = (
    Printer(
        kind=kind,
        groups=("resource.k8s.io",),
        columns=columns("NAME|AGE"),
        cells=_name_and_age,
        projection=fields(),
    )
    for kind in ("DeviceClass", "DeviceTaintRule", "ResourceClaimTemplate")
)
