"""A namespace is stuck in Terminating."""

from __future__ import annotations

from typing import TYPE_CHECKING

from etcdpod.forensics.diagnose.rule import ObjectRule
from etcdpod.kube.model.fields import field, members, strings, text
from etcdpod.times import time_or_none

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etcdpod.forensics.diagnose.cluster import Cluster
    from etcdpod.forensics.diagnose.model import Finding
    from etcdpod.forensics.diagnose.subject import Subject

PATIENCE = 60.0
"""Seconds allowed for emptying a namespace."""


def check(namespace: Subject, cluster: Cluster) -> Iterator[Finding]:
    """Report a namespace that is terminating for long, or whose content cannot be deleted."""
    asked = time_or_none(field(namespace.value, "metadata", "deletionTimestamp"))
    if asked is None:
        return
    blocked = [
        entry
        for entry in members(namespace.value, "status", "conditions")
        if text(entry, "status") == "True"
    ]
    if (cluster.age(asked) or 0.0) < PATIENCE:
        return
    why = "; ".join(text(entry, "message") for entry in blocked) or "nothing shows what blocks it"
    finalizers = strings(namespace.value, "metadata", "finalizers")
    if finalizers:
        why += f"; finalizer {', '.join(finalizers)}"
    yield namespace.finding(
        text(blocked[0], "reason") if blocked else "Terminating",
        "warning",
        f"namespace {namespace.name} is terminating and does not end: {why}",
        [
            namespace.shows("metadata.deletionTimestamp"),
            *(namespace.shows(f"status.conditions[{text(e, 'type')}].message") for e in blocked),
        ],
        solution="delete what is left, or repair the API service that cannot be listed",
        next_check=f"etcdpod keys --from … | grep /{namespace.name}/ — what is left in it",
        since=asked,
    )


RULE = ObjectRule("namespaces", check)
