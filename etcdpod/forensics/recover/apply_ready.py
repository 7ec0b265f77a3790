"""Objects ready to apply: without the fields set by servers and controllers.

User-set fields are kept. ``metadata.managedFields`` decides for fields that either may set (a
cluster IP, a node port, a node name): a value allocated by the server has no manager.
"""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any, Final

from etcdpod.forensics.recover.pod_spec import clean_pod_spec

if TYPE_CHECKING:
    from collections.abc import Callable

    Kept = Callable[..., bool]

SERVER_METADATA: Final = (
    *("uid", "resourceVersion", "creationTimestamp", "generation", "managedFields", "selfLink"),
    *("deletionTimestamp", "deletionGracePeriodSeconds", "ownerReferences", "clusterName"),
)
DELETION_FINALIZERS: Final = ("foregroundDeletion", "orphan", "batch.kubernetes.io/job-tracking")
"""Set for a deletion, or by an owner that no longer exists."""
SERVER_ANNOTATIONS: Final = (
    "autoscaling.alpha.kubernetes.io/conditions",
    "autoscaling.alpha.kubernetes.io/current-metrics",
    "control-plane.alpha.kubernetes.io/leader",
    "deployment.kubernetes.io/desired-replicas",
    "deployment.kubernetes.io/max-replicas",
    "deployment.kubernetes.io/revision",
    "endpoints.kubernetes.io/last-change-trigger-time",
    "kubernetes.io/service-account.uid",
    "pv.kubernetes.io/bind-completed",
    "pv.kubernetes.io/bound-by-controller",
    "volume.beta.kubernetes.io/storage-provisioner",
    "volume.kubernetes.io/selected-node",
    "volume.kubernetes.io/storage-provisioner",
)
"""Bookkeeping of controllers; wrong or rejected on a new object."""
_POD: Final = ("", "Pod")
_WORKLOADS: Final = (
    ("", "ReplicationController"),
    *(("apps", kind) for kind in ("DaemonSet", "Deployment", "ReplicaSet", "StatefulSet")),
    *(("batch", kind) for kind in ("CronJob", "Job")),
)
"""Group and kind of objects with a pod template in their spec."""
JOB_LABELS: Final = ("controller-uid", "batch.kubernetes.io/controller-uid")


def apply_ready(value: dict[str, Any], *, has_volume: Callable[[str], bool]) -> dict[str, Any]:
    """Return a copy of an object that ``kubectl apply`` accepts.

    Args:
        value: the object as stored.
        has_volume: whether a PersistentVolume of that name exists or is also recovered.
    """
    ready = deepcopy(value)
    kind = group_kind(ready)
    metadata = _mapping(ready, "metadata")
    kept = _claims(metadata)
    ready.pop("status", None)
    _clean_metadata(metadata)
    spec = _mapping(ready, "spec")
    clean = _CLEANERS.get(kind)
    if clean is not None:
        clean(ready, spec, kept)
    if kind == ("", "PersistentVolumeClaim") and not has_volume(str(spec.get("volumeName", ""))):
        spec.pop("volumeName", None)
    for pod_spec, template in _pod_specs(kind, spec):
        clean_pod_spec(pod_spec, kept if kind == _POD else None)
        if template is not None and template.get("creationTimestamp", "") is None:
            del template["creationTimestamp"]
    return ready


def group_kind(value: dict[str, Any]) -> tuple[str, str]:
    """API group (empty for the core group) and kind."""
    return str(value.get("apiVersion", "")).rpartition("/")[0], str(value.get("kind", ""))


def _clean_metadata(metadata: dict[str, Any]) -> None:
    for name in SERVER_METADATA:
        metadata.pop(name, None)
    annotations = _mapping(metadata, "annotations")
    for name in SERVER_ANNOTATIONS:
        annotations.pop(name, None)
    if "annotations" in metadata and not annotations:
        del metadata["annotations"]
    finalizers = metadata.get("finalizers")
    if isinstance(finalizers, list):
        metadata["finalizers"] = [one for one in finalizers if one not in DELETION_FINALIZERS]
        if not metadata["finalizers"]:
            del metadata["finalizers"]


def _claims(metadata: dict[str, Any]) -> Kept:
    """Return a function that checks whether a manager set the field at a path."""
    managed = metadata.get("managedFields")
    entries = managed if isinstance(managed, list) else []
    sets = [entry.get("fieldsV1") for entry in entries if isinstance(entry, dict)]

    def claimed(*path: str) -> bool:
        found = [one for one in sets if isinstance(one, dict)]
        for name in path:
            name = name if name.startswith("k:") else f"f:{name}"
            found = [one[name] for one in found if isinstance(one.get(name), dict)]
        return bool(found)

    return claimed


def _pod_specs(
    kind: tuple[str, str], spec: dict[str, Any]
) -> list[tuple[dict[str, Any], dict[str, Any] | None]]:
    """The pod specs in an object's spec, with the metadata of their templates."""
    if kind == _POD:
        return [(spec, None)]
    if kind not in _WORKLOADS:
        return []
    holder = spec
    if kind == ("batch", "CronJob"):
        holder = _mapping(_mapping(spec, "jobTemplate"), "spec")
        _clean_metadata(_mapping(_mapping(spec, "jobTemplate"), "metadata"))
    template = _mapping(holder, "template")
    inner = template.get("spec")
    if not isinstance(inner, dict) or "containers" not in inner:
        return []
    return [(inner, _mapping(template, "metadata"))]


def _mapping(holder: dict[str, Any], name: str) -> dict[str, Any]:
    """A member that is an object; otherwise a new empty one, not inserted."""
    found = holder.get(name)
    return found if isinstance(found, dict) else {}


# --- one function per kind: (object, spec, kept) ---------------------------------------------


def _service(_value: dict[str, Any], spec: dict[str, Any], kept: Kept) -> None:
    if spec.get("clusterIP") != "None" and not kept("spec", "clusterIP"):
        spec.pop("clusterIP", None)
        spec.pop("clusterIPs", None)
    for name in ("ipFamilies", "ipFamilyPolicy", "healthCheckNodePort"):
        if not kept("spec", name):
            spec.pop(name, None)
    ports = spec.get("ports")
    for port in ports if isinstance(ports, list) else ():
        if not isinstance(port, dict):
            continue
        number, protocol = port.get("port"), port.get("protocol", "TCP")
        member = f'k:{{"port":{number},"protocol":"{protocol}"}}'
        if not kept("spec", "ports", member, "nodePort"):
            port.pop("nodePort", None)


def _job(value: dict[str, Any], spec: dict[str, Any], _kept: Kept) -> None:
    if spec.get("manualSelector") is True:
        return
    spec.pop("selector", None)
    labels = _mapping(_mapping(_mapping(spec, "template"), "metadata"), "labels")
    for name in JOB_LABELS:
        labels.pop(name, None)
    own = _mapping(_mapping(value, "metadata"), "labels")
    for name in JOB_LABELS:
        own.pop(name, None)


def _namespace(value: dict[str, Any], _spec: dict[str, Any], _kept: Kept) -> None:
    value.pop("spec", None)


def _persistent_volume(_value: dict[str, Any], spec: dict[str, Any], _kept: Kept) -> None:
    claim = _mapping(spec, "claimRef")
    for name in ("uid", "resourceVersion"):
        claim.pop(name, None)


def _service_account(value: dict[str, Any], _spec: dict[str, Any], _kept: Kept) -> None:
    value.pop("secrets", None)


def _secret(value: dict[str, Any], _spec: dict[str, Any], _kept: Kept) -> None:
    # A token refers to its account's uid; the controller sets a new one.
    if value.get("type") == "kubernetes.io/service-account-token":
        value.pop("data", None)


def _cluster_role(value: dict[str, Any], _spec: dict[str, Any], _kept: Kept) -> None:
    if value.get("aggregationRule"):
        value["rules"] = []


def _node(_value: dict[str, Any], spec: dict[str, Any], _kept: Kept) -> None:
    for name in ("podCIDR", "podCIDRs"):
        spec.pop(name, None)
    taints = spec.get("taints")
    if isinstance(taints, list):
        own = [taint for taint in taints if isinstance(taint, dict)]
        spec["taints"] = [
            taint for taint in own if not str(taint.get("key")).startswith("node.kubernetes.io/")
        ]
        if not spec["taints"]:
            del spec["taints"]


def _signing_request(_value: dict[str, Any], spec: dict[str, Any], _kept: Kept) -> None:
    for name in ("username", "uid", "groups", "extra"):
        spec.pop(name, None)


_CLEANERS: Final = {
    ("", "Namespace"): _namespace,
    ("", "Node"): _node,
    ("", "PersistentVolume"): _persistent_volume,
    ("", "Secret"): _secret,
    ("", "Service"): _service,
    ("", "ServiceAccount"): _service_account,
    ("batch", "Job"): _job,
    ("certificates.k8s.io", "CertificateSigningRequest"): _signing_request,
    ("rbac.authorization.k8s.io", "ClusterRole"): _cluster_role,
}
