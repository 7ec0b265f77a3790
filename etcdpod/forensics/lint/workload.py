"""The workloads of a registry: every object in which someone wrote a pod spec."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from etcdpod.forensics.diagnose.model import Reference
from etcdpod.kube.model.fields import mapping, members, owner_of, text
from etcdpod.registry.bulk import map_slices

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from etcdpod.history.lives import Registry
    from etcdpod.records import Record
    from etcdpod.registry.objects import Item

TEMPLATE: Final = ("spec", "template")

KINDS: Final = (
    ("deployments.apps", TEMPLATE),
    ("statefulsets.apps", TEMPLATE),
    ("daemonsets.apps", TEMPLATE),
    ("replicasets.apps", TEMPLATE),
    ("replicationcontrollers", TEMPLATE),
    ("cronjobs.batch", ("spec", "jobTemplate", "spec", "template")),
    ("jobs.batch", TEMPLATE),
)
"""Kinds with a pod template, and its path. Objects controlled by another are skipped."""

OWNERS: Final = frozenset(
    {
        "Deployment",
        "StatefulSet",
        "DaemonSet",
        "ReplicaSet",
        "ReplicationController",
        "CronJob",
        "Job",
        "Node",
    }
)
"""Controllers that replace their pods; a Node owns its static pods."""

BRIEF: Final = frozenset({"Job", "CronJob"})
"""Kinds whose pods run to completion."""


@dataclass(frozen=True)
class WorkloadContainer:
    """A container spec."""

    spec: dict[str, Any]
    path: str
    """Field path in the workload's object."""
    is_init: bool
    """Whether it must complete before the others start; False for a sidecar."""

    @property
    def name(self) -> str:
        """The container's name."""
        return text(self.spec, "name")


@dataclass(frozen=True)
class Workload:
    """An object that creates pods, or a pod without a controller.

    Args:
        value: the full object.
        revision: its main revision.
        template_path: path of the pod template; empty for a pod.
    """

    value: dict[str, Any]
    revision: int
    template_path: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        """The object's kind."""
        return text(self.value, "kind")

    @property
    def reference(self) -> Reference:
        """The reference used in remarks."""
        metadata = mapping(self.value, "metadata")
        return Reference(self.kind, text(metadata, "namespace"), text(metadata, "name"))

    @cached_property
    def pod_spec(self) -> dict[str, Any]:
        """The pod spec."""
        return mapping(self.value, *self.template_path, "spec")

    def path(self, field: str) -> str:
        """The path of a field of the pod spec."""
        return ".".join((*self.template_path, "spec", field))

    @cached_property
    def containers(self) -> tuple[WorkloadContainer, ...]:
        """Regular and init containers."""
        return tuple(
            WorkloadContainer(
                spec,
                self.path(f"{part}[{text(spec, 'name')}]"),
                part == "initContainers" and text(spec, "restartPolicy") != "Always",
            )
            for part in ("containers", "initContainers")
            for spec in members(self.pod_spec, part)
        )

    @property
    def serving(self) -> tuple[WorkloadContainer, ...]:
        """The long-running containers; none if the pods run to completion."""
        if self.kind in BRIEF or text(self.pod_spec, "restartPolicy") in ("Never", "OnFailure"):
            return ()
        return tuple(one for one in self.containers if not one.is_init)

    @property
    def replicas(self) -> int | None:
        """The desired number of pods; None for a kind without replicas."""
        found = mapping(self.value, "spec").get("replicas")
        return found if isinstance(found, int) and self.template_path else None


def workloads(
    registry: Registry,
    namespace: str | None = None,
    at: int | None = None,
    *,
    unread: list[Item] | None = None,
) -> Iterator[Workload]:
    """Every workload once: the Deployment, but not its ReplicaSets and pods.

    Pods of an unknown controller (a custom resource) are represented by the first in key order.

    Args:
        registry: the registry to read.
        namespace: only this one; None: all.
        at: as of this main revision; None: the newest.
        unread: receives the items that cannot be decoded and are skipped.
    """
    unreadable = [] if unread is None else unread
    for kind, template_path in KINDS:
        resource = registry.builtin_types.resolve(kind)
        for item in registry.items(resource, namespace, at=at, managed_fields=False):
            if item.object is None:
                unreadable.append(item)
            elif owner_of(item.object) is None:
                yield Workload(item.object, item.record.mod_revision, template_path)
    seen: set[str] = set()
    pods = registry.builtin_types.resolve("pods")
    for found in map_slices(registry.select(pods, namespace, at=at), _own_pods(registry)):
        for owner, item in found:
            if item.object is None:
                unreadable.append(item)
            elif owner not in seen:
                seen.update([owner] if owner else [])
                yield Workload(item.object, item.record.mod_revision)


def _own_pods(registry: Registry) -> Any:
    """The pods of a worker's records that have no known controller."""

    def work(records: Sequence[Record]) -> list[tuple[str, Item]]:
        found = []
        for record in records:
            head = registry.read(record, projection={"metadata": {"ownerReferences": {}}}).object
            owner = owner_of(head)
            if text(owner, "kind") in OWNERS:
                continue
            item = registry.read(record, managed_fields=False)
            if text(item.object, "status", "phase") != "Succeeded":
                found.append((text(owner, "uid"), item))
        return found

    return work
