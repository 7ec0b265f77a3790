"""The order in which to apply objects: dependencies first."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from etcdpod.kube.schema import load_kinds

if TYPE_CHECKING:
    from collections.abc import Mapping

FIRST = (
    "Namespace",
    "CustomResourceDefinition",
    *("PriorityClass", "RuntimeClass", "StorageClass", "VolumeAttributesClass", "CSIDriver"),
    *("IngressClass", "DeviceClass", "Node"),
    *("ServiceAccount", "ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"),
    *("ResourceQuota", "LimitRange", "NetworkPolicy", "PodDisruptionBudget"),
    *("Secret", "ConfigMap", "PersistentVolume", "PersistentVolumeClaim"),
    *("ResourceClaimTemplate", "ResourceClaim", "Service", "Endpoints", "EndpointSlice"),
)
"""Kinds that others depend on, dependencies first."""

WORKLOADS = (
    *("DaemonSet", "Deployment", "StatefulSet", "ReplicationController", "ReplicaSet"),
    *("CronJob", "Job", "Pod"),
)

LAST = (
    *("HorizontalPodAutoscaler", "Ingress", "APIService"),
    *("ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"),
    *("MutatingAdmissionPolicy", "MutatingAdmissionPolicyBinding"),
    *("ValidatingWebhookConfiguration", "MutatingWebhookConfiguration"),
)
"""Kinds that reference workloads, or would block objects applied after them."""

_OTHER_BUILTIN = len(FIRST)
_WORKLOADS = _OTHER_BUILTIN + 1
_CUSTOM = _WORKLOADS + len(WORKLOADS)
_RANK = {
    **{kind: rank for rank, kind in enumerate(FIRST)},
    **{kind: _WORKLOADS + rank for rank, kind in enumerate(WORKLOADS)},
    **{kind: _CUSTOM + 1 + rank for rank, kind in enumerate(LAST)},
}


def apply_rank(value: Mapping[str, Any]) -> tuple[int, str, str, str]:
    """Sort key of an object: by dependencies, then kind, namespace and name.

    Custom resources come after the workloads, which include their operators.
    """
    kind, api_version = str(value.get("kind", "")), str(value.get("apiVersion", ""))
    metadata = value.get("metadata")
    names = metadata if isinstance(metadata, dict) else {}
    rank = _CUSTOM
    if _is_builtin(api_version, kind):
        rank = _RANK.get(kind, _OTHER_BUILTIN)
    return rank, kind, str(names.get("namespace", "")), str(names.get("name", ""))


def _is_builtin(api_version: str, kind: str) -> bool:
    return (api_version.rpartition("/")[0], kind) in _builtin()


@cache
def _builtin() -> frozenset[tuple[str, str]]:
    """Group and kind of all built-in resources."""
    return frozenset((row.api_version.rpartition("/")[0], row.kind) for row in load_kinds())
