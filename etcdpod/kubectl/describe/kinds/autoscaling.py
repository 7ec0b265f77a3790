"""HorizontalPodAutoscalers, in v2 and in v1."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from etcdpod.kubectl.describe.describer import (
    Describer,
    heading,
    labels_and_annotations,
    moment,
)
from etcdpod.kubectl.describe.fields import dig, number_at, text_at
from etcdpod.kubectl.describe.quantities import canonical
from etcdpod.kubectl.tables.printer import UNSET

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etcdpod.kubectl.describe.describer import Around

UNKNOWN: Final = "<unknown>"


def _autoscaler(thing: dict[str, Any], around: Around) -> Iterator[str]:
    del around
    spec: dict[str, Any] = thing.get("spec") or {}
    status: dict[str, Any] = thing.get("status") or {}
    target: dict[str, Any] = spec.get("scaleTargetRef") or {}
    yield from heading(thing)
    yield from labels_and_annotations(thing)
    yield f"CreationTimestamp:\t{moment(dig(thing, 'metadata', 'creationTimestamp'))}"
    yield f"Reference:\t{text_at(target, 'kind')}/{text_at(target, 'name')}"
    if thing.get("apiVersion") == "autoscaling/v1":
        yield from _cpu(spec, status)
    else:
        yield "Metrics:\t( current / target )"
        current = status.get("currentMetrics") or []
        for index, metric in enumerate(spec.get("metrics") or ()):
            yield f"  {_metric(metric, current[index] if index < len(current) else {})}"
    least = spec.get("minReplicas")
    yield f"Min replicas:\t{UNSET if least is None else least}"
    yield f"Max replicas:\t{number_at(spec, 'maxReplicas')}"
    yield from _behavior(spec.get("behavior"))
    yield (
        f"{text_at(target, 'kind')} pods:\t{number_at(status, 'currentReplicas')} current / "
        f"{number_at(status, 'desiredReplicas')} desired"
    )
    conditions = status.get("conditions")
    if conditions:
        yield "Conditions:"
        yield "  Type\tStatus\tReason\tMessage"
        yield "  ----\t------\t------\t-------"
    for condition in conditions or ():
        cells = (text_at(condition, field) for field in ("type", "status", "reason", "message"))
        yield "  " + "\t".join(cells)


def _cpu(spec: dict[str, Any], status: dict[str, Any]) -> Iterator[str]:
    target = spec.get("targetCPUUtilizationPercentage")
    if target is not None:
        current = status.get("currentCPUUtilizationPercentage")
        yield f"Target CPU utilization:\t{target}%"
        yield f"Current CPU utilization:\t{UNKNOWN if current is None else current}%"


def _metric(metric: dict[str, Any], status: dict[str, Any]) -> str:
    """One metric: what it measures, its current value and the target."""
    kind = text_at(metric, "type")
    field = kind[:1].lower() + kind[1:]
    source: dict[str, Any] = metric.get(field) or {}
    target: dict[str, Any] = source.get("target") or {}
    reported = status.get(field)
    current = dig(reported, "current") or {}
    name = json.dumps(text_at(source, "metric", "name"), ensure_ascii=False)
    if kind == "Pods":
        value = _quantity(current, "averageValue", reported)
        return f"{name} on pods:\t{value} / {_target(target, 'averageValue')}"
    if kind == "External":
        average = target.get("averageValue") is not None
    elif kind == "Object":
        average = target.get("type") == "AverageValue"
        described: dict[str, Any] = source.get("describedObject") or {}
        name += f" on {text_at(described, 'kind')}/{text_at(described, 'name')}"
    elif kind in ("Resource", "ContainerResource"):
        return _resource(kind, source, reported)
    else:
        return f"<unknown metric type {json.dumps(kind)}>"
    word, part = ("average value", "averageValue") if average else ("value", "value")
    value = _quantity(current, part, reported)
    return f"{name} (target {word}):\t{value} / {_target(target, part)}"


def _resource(kind: str, source: dict[str, Any], reported: dict[str, Any] | None) -> str:
    target: dict[str, Any] = source.get("target") or {}
    current = dig(reported, "current") or {}
    of = f' of container "{text_at(source, "container")}"' if kind == "ContainerResource" else ""
    text = f"resource {text_at(source, 'name')}{of} on pods"
    if target.get("averageValue") is not None:
        value = _quantity(current, "averageValue", reported)
        return f"{text}:\t{value} / {_target(target, 'averageValue')}"
    used, wanted = current.get("averageUtilization"), target.get("averageUtilization")
    shown = UNKNOWN
    if used is not None:
        shown = f"{used}% ({_target(current, 'averageValue')})"
    limit = "<auto>" if wanted is None else f"{wanted}%"
    return f"{text}  (as a percentage of request):\t{shown} / {limit}"


def _quantity(current: dict[str, Any], part: str, reported: dict[str, Any] | None) -> str:
    return UNKNOWN if reported is None else _target(current, part)


def _target(values: dict[str, Any], part: str) -> str:
    value = values.get(part)
    return "<nil>" if value is None else canonical(value)


def _behavior(behavior: dict[str, Any] | None) -> Iterator[str]:
    if behavior is None:
        return
    yield "Behavior:"
    for title, field in (("Scale Up", "scaleUp"), ("Scale Down", "scaleDown")):
        rules = behavior.get(field)
        if rules is None:
            continue
        yield f"  {title}:"
        if rules.get("stabilizationWindowSeconds") is not None:
            yield f"    Stabilization Window: {rules['stabilizationWindowSeconds']} seconds"
        policies = rules.get("policies")
        if policies:
            yield f"    Select Policy: {rules.get('selectPolicy') or 'Max'}"
            yield "    Policies:"
        for policy in policies or ():
            yield (
                f"      - Type: {text_at(policy, 'type')}\tValue: {number_at(policy, 'value')}"
                f"\tPeriod: {number_at(policy, 'periodSeconds')} seconds"
            )


HORIZONTAL_POD_AUTOSCALER = Describer("HorizontalPodAutoscaler", _autoscaler, ("autoscaling",))
