"""A controller cannot create its pods: quota, limits, admission."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from etcdpod.forensics.diagnose.rule import ObjectRule
from etcdpod.forensics.diagnose.rules.evidence import earliest, events_with, latest_first
from etcdpod.kube.model.fields import number, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etcdpod.forensics.diagnose.cluster import Cluster
    from etcdpod.forensics.diagnose.model import Evidence, Finding
    from etcdpod.forensics.diagnose.subject import Subject

_QUOTA: Final = re.compile(r"exceeded quota: ([^,\s]+), requested: (.+), used: (.+), limited: (.+)")

_COUNTS: Final = {
    "ReplicaSet": ("replicas", "replicas"),
    "StatefulSet": ("replicas", "replicas"),
    "ReplicationController": ("replicas", "replicas"),
}


def check(owner: Subject, cluster: Cluster) -> Iterator[Finding]:
    """Report a controller that lacks pods and has ReplicaFailure or failed-create events."""
    events = latest_first(events_with(owner, cluster, "FailedCreate"))
    failure = owner.condition("ReplicaFailure")
    failing = text(failure, "status") == "True"
    if not failing and not (events and _lacks(owner)):
        return
    message = text(failure, "message") if failing else events[0].message
    evidence: list[Evidence] = []
    if failing:
        evidence.append(owner.shows("status.conditions[ReplicaFailure].message"))
    evidence += [event.evidence() for event in events[:3]]
    cause, solution, shown = _told(message, owner, cluster)
    finding = owner.finding(
        "FailedCreate",
        "error",
        f"{owner.kind} {owner.name} cannot make its pods: {cause}",
        [*evidence, *shown],
        solution=solution,
        next_check=f"etcdpod get resourcequotas,limitranges -n {owner.namespace} -o yaml",
        since=earliest(*(event.first for event in events), owner.since("ReplicaFailure")),
    )
    cluster.troubled.setdefault(owner.uid, []).append(finding)
    yield finding


def _lacks(owner: Subject) -> bool:
    """Whether it has fewer pods than desired."""
    if owner.kind in _COUNTS:
        wanted, has = _COUNTS[owner.kind]
        asked = number(owner.value, "spec", wanted, default=1)
        return number(owner.value, "status", has) < asked
    if owner.kind == "DaemonSet":
        scheduled = number(owner.value, "status", "currentNumberScheduled")
        return scheduled < number(owner.value, "status", "desiredNumberScheduled")
    started = [number(owner.value, "status", name) for name in ("active", "succeeded", "failed")]
    return not any(started)


def _told(message: str, owner: Subject, cluster: Cluster) -> tuple[str, str, list[Evidence]]:
    quota = _QUOTA.search(message)
    if quota is not None:
        name, requested, used, limited = quota.groups()
        found = cluster.get("resourcequotas", owner.namespace, name)
        shown = [found.shows("status.hard"), found.shows("status.used")] if found else []
        return (
            f"quota {name} is exhausted (asked {requested}, used {used}, limit {limited})",
            f"raise ResourceQuota {name}, lower the requests, or delete what is not needed",
            shown,
        )
    if "failed quota" in message and "must specify" in message:
        return message, "give every container the requests and limits that the quota demands", []
    if "violates PodSecurity" in message:
        return message, "meet the namespace's Pod Security level, or lower it", []
    if "webhook" in message and "x509" in message:
        return message, "renew the admission webhook's certificate, or its caBundle", []
    if "denied the request" in message:
        return message, "meet the policy that the admission webhook names, or change it", []
    if "webhook" in message:
        return message, "the admission webhook does not answer: check its pods and Service", []
    if "per Container is" in message or "per Pod is" in message:
        return message, "keep within the namespace's LimitRange, or change it", []
    if "PriorityClass" in message:
        return message, "create the PriorityClass, or name another one", []
    if "unable to validate against any" in message:
        return message, "allow the pod's ServiceAccount a policy that admits the pod", []
    if "serviceaccount" in message.lower() and "not found" in message:
        return message, "create the ServiceAccount, or name another one", []
    return message, "read the message: the API server refuses the pod", []


RULES = tuple(
    ObjectRule(resource, check)
    for resource in (
        *("replicasets.apps", "statefulsets.apps", "daemonsets.apps", "jobs.batch"),
        "replicationcontrollers",
    )
)
