"""PodDisruptionBudgets and PriorityClasses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from etcdpod.kubectl.describe.describer import Describer, boolean, heading, or_none
from etcdpod.kubectl.describe.fields import dig, number_at, text_at
from etcdpod.kubectl.tables.printer import UNSET, format_labels, selector_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etcdpod.kubectl.describe.describer import Around


def _disruption_budget(thing: dict[str, Any], around: Around) -> Iterator[str]:
    del around
    spec: dict[str, Any] = thing.get("spec") or {}
    yield from heading(thing)
    if spec.get("minAvailable") is not None:
        yield f"Min available:\t{spec['minAvailable']}"
    elif spec.get("maxUnavailable") is not None:
        yield f"Max unavailable:\t{spec['maxUnavailable']}"
    selector = spec.get("selector")
    yield f"Selector:\t{UNSET if selector is None else or_none(selector_text(selector))}"
    yield "Status:"
    for title, field in (
        ("Allowed disruptions", "disruptionsAllowed"),
        ("Current", "currentHealthy"),
        ("Desired", "desiredHealthy"),
        ("Total", "expectedPods"),
    ):
        yield f"    {title}:\t{number_at(thing, 'status', field)}"


def _priority_class(thing: dict[str, Any], around: Around) -> Iterator[str]:
    del around
    yield from heading(thing, namespace=False)
    yield f"Value:\t{number_at(thing, 'value')}"
    yield f"GlobalDefault:\t{boolean(thing.get('globalDefault'))}"
    yield f"PreemptionPolicy:\t{text_at(thing, 'preemptionPolicy')}"
    yield f"Description:\t{text_at(thing, 'description')}"
    yield f"Annotations:\t{format_labels(dig(thing, 'metadata', 'annotations'))}"


POD_DISRUPTION_BUDGET = Describer("PodDisruptionBudget", _disruption_budget, ("policy",))
PRIORITY_CLASS = Describer("PriorityClass", _priority_class, ("scheduling.k8s.io",))
