"""A HorizontalPodAutoscaler cannot scale: no metrics, no target."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from etcdpod.forensics.diagnose.rule import ObjectRule
from etcdpod.forensics.diagnose.rules.evidence import events_with, latest_first
from etcdpod.kube.model.fields import text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etcdpod.forensics.diagnose.cluster import Cluster
    from etcdpod.forensics.diagnose.model import Finding
    from etcdpod.forensics.diagnose.subject import Subject

CONDITIONS: Final = ("AbleToScale", "ScalingActive")
"""Conditions that are True if it works; the first that is not is the cause."""

IDLE: Final = "ScalingDisabled"
"""Its target was scaled to 0, which disables the autoscaler."""

EVENT_REASONS: Final = (
    *("FailedGetScale", "FailedRescale", "FailedGetResourceMetric", "FailedGetPodsMetric"),
    *("FailedGetObjectMetric", "FailedGetExternalMetric", "FailedGetContainerResourceMetric"),
    *("FailedComputeMetricsReplicas", "InvalidSelector", "SelectorRequired"),
)


def check(autoscaler: Subject, cluster: Cluster) -> Iterator[Finding]:
    """Report an autoscaler whose AbleToScale or ScalingActive is False."""
    for kind in CONDITIONS:
        failed = autoscaler.condition(kind)
        reason = text(failed, "reason")
        if text(failed, "status") != "False" or reason == IDLE:
            continue
        events = latest_first(events_with(autoscaler, cluster, *EVENT_REASONS))[:3]
        path = f"status.conditions[{kind}]"
        yield autoscaler.finding(
            reason or kind,
            "warning",
            f"{autoscaler.name} cannot scale: {text(failed, 'message') or reason}",
            [
                autoscaler.shows(f"{path}.status"),
                autoscaler.shows(f"{path}.message"),
                *(event.evidence() for event in events),
            ],
            solution=_solution(reason),
            next_check="etcdpod get apiservices | grep metrics; "
            f"etcdpod history hpa {autoscaler.namespace}/{autoscaler.name}",
            since=autoscaler.since(kind),
        )
        return


def _solution(reason: str) -> str:
    if reason == "FailedGetScale":
        return "create what spec.scaleTargetRef names, or correct the reference"
    if "Metric" in reason:
        return "check the metrics server or adapter, and that every container has a request"
    if "Selector" in reason:
        return "give the target a selector that no other autoscaler's target has"
    return "read the condition's message"


RULE = ObjectRule("horizontalpodautoscalers.autoscaling", check)
