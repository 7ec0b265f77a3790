"""The fields that field selectors support, for each kind that has more than its name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from etcdpod.kube.model.types import ResourceType

_INVOLVED: Final = (
    "kind",
    "namespace",
    "name",
    "uid",
    "apiVersion",
    "resourceVersion",
    "fieldPath",
)
_EVENT: Final = ("reason", "reportingComponent", "source", "type")

BY_KIND: Final[dict[tuple[str, str], tuple[str, ...]]] = {
    ("", "Pod"): (
        "spec.nodeName",
        "spec.restartPolicy",
        "spec.schedulerName",
        "spec.serviceAccountName",
        "spec.hostNetwork",
        "status.phase",
        "status.podIP",
        "status.nominatedNodeName",
    ),
    ("", "Event"): (*(f"involvedObject.{name}" for name in _INVOLVED), *_EVENT),
    ("events.k8s.io", "Event"): (
        *(f"regarding.{name}" for name in _INVOLVED),
        *_EVENT,
        "reportingController",
    ),
    ("", "Namespace"): ("name", "status.phase"),
    ("", "Node"): ("spec.unschedulable",),
    ("", "ReplicationController"): ("status.replicas",),
    ("", "Secret"): ("type",),
    ("", "Service"): ("spec.clusterIP", "spec.type"),
    ("apps", "ReplicaSet"): ("status.replicas",),
    ("batch", "Job"): ("status.successful",),
    ("certificates.k8s.io", "CertificateSigningRequest"): ("spec.signerName",),
    ("certificates.k8s.io", "ClusterTrustBundle"): ("spec.signerName",),
    ("certificates.k8s.io", "PodCertificateRequest"): ("spec.signerName", "spec.nodeName"),
    ("resource.k8s.io", "ResourceSlice"): ("spec.nodeName", "spec.driver"),
}
"""In addition to ``metadata.name`` and ``metadata.namespace``, which every kind has."""

EVERY: Final = ("metadata.name", "metadata.namespace")

_ELSEWHERE: Final = {
    "name": ("metadata.name",),
    "source": (
        "source.component",
        "deprecatedSource.component",
        "reportingComponent",
        "reportingController",
    ),
    "reportingComponent": ("reportingComponent", "reportingController"),
    "status.successful": ("status.succeeded",),
    **{f"regarding.{name}": (f"regarding.{name}", f"involvedObject.{name}") for name in _INVOLVED},
    **{
        f"involvedObject.{name}": (f"involvedObject.{name}", f"regarding.{name}")
        for name in _INVOLVED
    },
}
"""Labels that differ from the path of the field, at least sometimes: the paths to try."""


def supported_labels(kind: ResourceType | None) -> frozenset[str]:
    """The field labels of a kind; of all kinds for None."""
    if kind is None:
        return frozenset(EVERY).union(*BY_KIND.values())
    own = BY_KIND.get((kind.group, kind.kind), kind.selectable_fields)
    return frozenset(EVERY).union(own)


def label_fields(label: str) -> tuple[tuple[str, ...], ...]:
    """The paths at which the value of a field label may be found."""
    return tuple(tuple(path.split(".")) for path in _ELSEWHERE.get(label, (label,)))
