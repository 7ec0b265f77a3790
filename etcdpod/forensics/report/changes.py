"""What somebody changed: specifications, configuration, and what came and went."""

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
"""Kinds that people and tools write, and that change what pods do."""

WISHED: Final = (
    "spec",
    "data",
    "binaryData",
    "value",
    "metadata.deletionTimestamp",
    "metadata.finalizers",
)
"""Beginnings of field paths that say what is wished, and not how it is."""

CONTROL_PLANE: Final = ("kube-apiserver", "kube-controller-manager")

MOST_KEYS: Final = 300
"""Objects of a kind that are looked into; more of one kind are made by a machine."""


def changes(registry: Registry, namespace: str | None, since: int) -> Iterator[Moment]:
    """Each change of what was wished for, kind by kind.

    Args:
        registry: where it is looked up.
        namespace: only objects of this one, and those of the whole cluster; None: all.
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
    """What lies below any of the prefixes and was written since.

    Asked for once: in a live etcd each question of this sort waits for its watches' next round.
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
            # What a gap hides was somebody's who cannot be told.
            by = "" if step.missing_before else who(step.writer)
            yield Moment(step.record.mod_revision, time, about, _told(step), "change", by)


def _is_wish(step: Step) -> bool:
    if step.event == "DELETED":
        return True
    if step.event == "ADDED":
        # The first kept revision of an older life is no creation; and what the control plane
        # makes for itself, in each namespace anew, is nobody's wish.
        by_itself = step.writer is not None and step.writer.component in CONTROL_PLANE
        return step.record.version == 1 and not by_itself
    return any(change.path.startswith(WISHED) for change in step.changes)


def _told(step: Step) -> str:
    if step.event == "DELETED":
        return "deleted"
    return " · ".join(step.summary) or step.event.lower()
