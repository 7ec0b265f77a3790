"""Changes by users: specs, configuration, creations and deletions."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Final

from etcdpod.forensics.diagnose.model import Reference
from etcdpod.forensics.report.gather import gather
from etcdpod.forensics.report.model import Moment
from etcdpod.history.text.table import who
from etcdpod.kube.model.keys import parse_key

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etcdpod.changes import Step
    from etcdpod.history.lives import Registry
    from etcdpod.kube.model.types import ResourceType

KINDS: Final = (
    "namespaces",
    "nodes",
    "deployments.apps",
    "statefulsets.apps",
    "daemonsets.apps",
    "cronjobs.batch",
    "jobs.batch",
    "configmaps",
    "secrets",
    "services",
    "persistentvolumeclaims",
    "resourcequotas",
    "limitranges",
    "networkpolicies.networking.k8s.io",
    "poddisruptionbudgets.policy",
    "priorityclasses.scheduling.k8s.io",
)
"""User-written kinds that affect pods."""

WISHED: Final = (
    "spec",
    "data",
    "binaryData",
    "value",
    "metadata.deletionTimestamp",
    "metadata.finalizers",
)
"""Prefixes of field paths for desired state."""

CONTROL_PLANE: Final = ("kube-apiserver", "kube-controller-manager")

MOST_KEYS: Final = 300
"""Maximum number of objects examined per kind; more are machine-made."""


def changes(registry: Registry, namespace: str | None, since: int) -> Iterator[Moment]:
    """All changes of desired state, kind by kind.

    Args:
        registry: the registry to read.
        namespace: only this namespace, and cluster-scoped objects; None: all.
        since: only what was written from this revision on.
    """
    resources = [registry.builtin_types.resolve(kind) for kind in KINDS]
    prefixes = {
        resource.plural: tuple(registry.key_prefixes(resource, namespace)) for resource in resources
    }
    changed = _changed_keys(registry, tuple(chain.from_iterable(prefixes.values())), since)
    for resource in resources:
        own = [key for key in changed if key.startswith(prefixes[resource.plural])]
        gather(registry, own[:MOST_KEYS])
        for key in own[:MOST_KEYS]:
            yield from _of_key(registry, resource, key, since)


def _changed_keys(registry: Registry, prefixes: tuple[bytes, ...], since: int) -> list[bytes]:
    """The keys below any of the prefixes written since a revision.

    A single query, because on a live etcd each one waits for the next round of its watches.
    """
    written = registry.connector.records(since=since, keys_only=True)
    return sorted(
        {
            record.key
            for record in written
            if record.mod_revision >= since and record.key.startswith(prefixes)
        }
    )


def _of_key(registry: Registry, resource: ResourceType, key: bytes, since: int) -> Iterator[Moment]:
    parsed = next(
        (found for prefix in registry.prefixes if (found := parse_key(key, prefix))), None
    )
    if parsed is None:
        return
    history = registry.history(resource, parsed.namespace, parsed.name)
    if history is None:
        return
    about = Reference(resource.kind, parsed.namespace or "", parsed.name)
    for step in registry.steps(history):
        if step.record.mod_revision >= since and _is_wish(step):
            time = None if step.time is None else step.time.estimate
            # A change inside a gap has no known writer.
            by = "" if step.missing_before else who(step.writer)
            yield Moment(step.record.mod_revision, time, about, _told(step), "change", by)


def _is_wish(step: Step) -> bool:
    if step.event == "DELETED":
        return True
    if step.event == "ADDED":
        # The first kept revision of an older life is no creation; and what the control plane
        # creates for itself in each namespace is not a user change.
        by_itself = step.writer is not None and step.writer.component in CONTROL_PLANE
        return step.record.version == 1 and not by_itself
    return any(change.path.startswith(WISHED) for change in step.changes)


def _told(step: Step) -> str:
    if step.event == "DELETED":
        return "deleted"
    return " · ".join(step.summary) or step.event.lower()
