"""The workloads of a registry: each thing that someone wrote a pod's specification into."""

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
"""Kinds with a pod template, and where it is. What another of them controls is not looked at."""

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
"""Controllers that answer for their pods; a Node does for those that its kubelet runs itself."""

BRIEF: Final = frozenset({"Job", "CronJob"})
"""Kinds whose pods run to an end."""


@dataclass(frozen=True)
class WorkloadContainer:
    """A container as it is specified."""

    spec: dict[str, Any]
    path: str
    """Field path in the workload's object."""
    is_init: bool
    """It has to end before the others begin; a sidecar is none."""

    @property
    def name(self) -> str:
        """Its name."""
        return text(self.spec, "name")


@dataclass(frozen=True)
class Workload:
    """One object that pods are made by, or a pod that nothing made.

    Args:
        value: the whole object.
        revision: its main revision.
        template_path: where the pod template stands; empty for a pod itself.
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
        """What remarks call it."""
        metadata = mapping(self.value, "metadata")
        return Reference(self.kind, text(metadata, "namespace"), text(metadata, "name"))

    @cached_property
    def pod_spec(self) -> dict[str, Any]:
        """The specification of the pods."""
        return mapping(self.value, *self.template_path, "spec")

    def path(self, field: str) -> str:
        """The path of a field of the pods' specification."""
        return ".".join((*self.template_path, "spec", field))

    @cached_property
    def containers(self) -> tuple[WorkloadContainer, ...]:
        """The containers that run beside each other, and those that initialise before."""
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
        """The containers that should run for good; none where pods run to an end."""
        if self.kind in BRIEF or text(self.pod_spec, "restartPolicy") in ("Never", "OnFailure"):
            return ()
        return tuple(one for one in self.containers if not one.is_init)

    @property
    def replicas(self) -> int | None:
        """How many pods are wanted; None for a kind that does not say."""
        found = mapping(self.value, "spec").get("replicas")
        return found if isinstance(found, int) and self.template_path else None


def workloads(
    registry: Registry,
    namespace: str | None = None,
    at: int | None = None,
    *,
    unread: list[Item] | None = None,
) -> Iterator[Workload]:
    """Every workload once: the Deployment, not its ReplicaSets, and not each of its pods.

    Of pods that a controller of another kind made (a custom resource), the first in the order
    of the keys stands for all of them.

    Args:
        registry: where they are.
        namespace: only this one; None: all.
        at: as of this main revision; None: the newest.
        unread: gets the items whose value is no object, which are passed over.
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
    """What a worker does with records of pods: those that no known controller answers for."""

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
