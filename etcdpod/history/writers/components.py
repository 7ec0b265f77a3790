"""Which component a field manager is, and which of its controllers writes what.

The manager of a client that names none is the first word of its user agent, so the components of
Kubernetes appear under their own names. All controllers of kube-controller-manager share one
name; which of them wrote shows in the kind and in the part of it that was written.
"""

from __future__ import annotations

from typing import Any, Final

from etcdpod.kube.model.fields import condition, owner_of, text

UNKNOWN: Final = "unknown"
KUBECTL: Final = "kubectl"
KUBELET: Final = "kubelet"
SCHEDULER: Final = "kube-scheduler"
CONTROLLER_MANAGER: Final = "kube-controller-manager"
API_SERVER: Final = "kube-apiserver"
ETCD: Final = "etcd"

OWN_COMPONENTS: Final = frozenset(
    {
        *(API_SERVER, CONTROLLER_MANAGER, ETCD, KUBELET, SCHEDULER),
        "cloud-controller-manager",
        "kube-proxy",
    }
)
"""What belongs to Kubernetes itself; whatever else writes is a client."""

ONE_PROGRAM: Final = frozenset({"hyperkube", "k3s", "kubelite"})
"""Programs in which several components of Kubernetes run under one name: of old releases, of K3s
and of MicroK8s."""

OWNING: Final = {
    "ReplicaSet": "replicaset-controller",
    "StatefulSet": "statefulset-controller",
    "DaemonSet": "daemonset-controller",
    "Job": "job-controller",
    "CronJob": "cronjob-controller",
    "Deployment": "deployment-controller",
    "ReplicationController": "replicationcontroller-controller",
}
"""The controllers that make objects for their owners, by the owner's kind."""

_STATUS: Final = {
    **OWNING,
    "HorizontalPodAutoscaler": "horizontal-pod-autoscaler-controller",
    "Namespace": "namespace-controller",
    "Node": "node-lifecycle-controller",
    "PersistentVolume": "persistentvolume-binder-controller",
    "PersistentVolumeClaim": "persistentvolume-binder-controller",
    "PodDisruptionBudget": "disruption-controller",
    "ResourceQuota": "resourcequota-controller",
}
"""The controllers that report on a kind in its status."""

_WHOLE: Final = {
    **_STATUS,
    "ClusterRole": "clusterrole-aggregation-controller",
    "ConfigMap": "root-ca-certificate-publisher-controller",
    "Endpoints": "endpoints-controller",
    "EndpointSlice": "endpointslice-controller",
    "ReplicaSet": "deployment-controller",
    "Secret": "serviceaccount-token-controller",
    "ServiceAccount": "serviceaccount-controller",
    "ServiceCIDR": "service-cidr-controller",
    "VolumeAttachment": "persistentvolume-attach-detach-controller",
}
"""The controllers that write a kind outside its status."""

DISRUPTIONS: Final = {
    "DeletionByPodGC": "pod-garbage-collector-controller",
    "DeletionByTaintManager": "taint-eviction-controller",
}
"""The controllers that delete pods, by the reason that they leave in DisruptionTarget."""

FINALIZERS: Final = {
    "batch.kubernetes.io/job-tracking": "job-controller",
    "foregroundDeletion": "garbage-collector-controller",
    "orphan": "garbage-collector-controller",
    "kubernetes": "namespace-controller",
    "kubernetes.io/pv-protection": "persistentvolume-protection-controller",
    "kubernetes.io/pvc-protection": "persistentvolumeclaim-protection-controller",
}
"""Finalizers that a controller of kube-controller-manager takes away itself."""


def component_of(manager: str) -> str:
    """The component behind a field manager: another client keeps its own name."""
    name = manager.removesuffix(".exe")
    if name == KUBECTL or name.startswith("kubectl-"):
        return KUBECTL
    return name or UNKNOWN


def controller_of(value: dict[str, Any], subresource: str, *, created: bool) -> str:
    """The controller of kube-controller-manager that writes this; empty where it is unknown.

    Args:
        value: the object as written.
        subresource: the part of it that was written through, as managedFields names it.
        created: the write made the object.
    """
    kind = text(value, "kind")
    owner = owner_of(value)
    if kind == "Event":
        return text(value, "reportingComponent") or text(value, "source", "component")
    if kind == "Pod":
        return _pod_controller(value, subresource, owner)
    if subresource == "scale":
        return "horizontal-pod-autoscaler-controller"
    if created and owner is not None:
        return OWNING.get(text(owner, "kind"), "")
    if kind == "Lease" or (kind == "Node" and not subresource and created):
        return ""
    return (_STATUS if subresource == "status" else _WHOLE).get(kind, "")


def _pod_controller(value: dict[str, Any], subresource: str, owner: dict[str, Any] | None) -> str:
    if subresource != "status":
        return OWNING.get(text(owner, "kind"), "")
    disrupted = text(condition(value, "DisruptionTarget"), "reason")
    return DISRUPTIONS.get(disrupted, "node-lifecycle-controller")
