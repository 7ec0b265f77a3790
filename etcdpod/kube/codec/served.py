"""What an API server of release 1.36 adds on reading: preferred versions and defaults.

Facts: conventions.md sections 2, 6A and 6B. Objects whose preferred version needs a structural
conversion (an autoscaling/v1 autoscaler, an extensions/v1beta1 ingress) keep the stored version.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeAlias

from etcdpod.kube.codec.definitions import Definitions, objects, part, to_v1
from etcdpod.kube.schema import kinds_by_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from etcdpod.kube.codec.decoded import Decoded

Object: TypeAlias = "dict[str, Any]"

SAME_SHAPE = {
    ("admissionregistration.k8s.io/v1beta1", "MutatingAdmissionPolicy"): "v1",
    ("admissionregistration.k8s.io/v1beta1", "MutatingAdmissionPolicyBinding"): "v1",
    ("resource.k8s.io/v1alpha3", "DeviceTaintRule"): "v1beta2",
}
"""Stored and preferred versions that differ only in name."""


class Served:
    """Converts stored objects to served ones.

    Args:
        definitions: returns the registry's CustomResourceDefinition objects.
    """

    def __init__(self, definitions: Callable[[], Iterable[Object]] | None) -> None:
        self._definitions = Definitions(definitions)

    @staticmethod
    def concerns(api_version: str, kind: str) -> bool:
        """Whether reading changes objects of this kind, which must then be complete."""
        name = api_version, kind
        return name in RULES or name in SAME_SHAPE or name not in kinds_by_name()

    def apply(self, decoded: Decoded) -> Decoded:
        """The object as served; modified in place."""
        name = decoded.api_version, decoded.kind
        resource = decoded.object
        if name in SAME_SHAPE:
            group = decoded.api_version.rpartition("/")[0]
            resource["apiVersion"] = f"{group}/{SAME_SHAPE[name]}"
        elif name in RULES:
            RULES[name](resource)
        elif decoded.encoding in ("json", "cbor") and name not in kinds_by_name():
            self._definitions.serve(resource)
        api_version = resource.get("apiVersion", "")
        if api_version == decoded.api_version:
            return decoded
        return replace(decoded, api_version=api_version)


def job(resource: Object) -> None:
    """A Job without labels gets those of its template."""
    labels = part(resource, "spec", "template", "metadata", "labels")
    metadata = part(resource, "metadata")
    if labels and not metadata.get("labels"):
        metadata["labels"] = dict(labels)


def namespace(resource: Object) -> None:
    """A namespace has a phase, and its name as a label."""
    part(resource, "status").setdefault("phase", "Active")
    metadata = part(resource, "metadata")
    if metadata.get("name"):
        metadata.setdefault("labels", {})
        part(metadata, "labels").setdefault("kubernetes.io/metadata.name", metadata["name"])


def node(resource: Object) -> None:
    """A node without allocatable resources gets its capacity."""
    status = part(resource, "status")
    capacity = part(status, "capacity")
    if capacity and not status.get("allocatable"):
        status["allocatable"] = dict(capacity)


def claim(resource: Object) -> None:
    """A claim without a phase is pending; its two data source fields mirror each other."""
    part(resource, "status").setdefault("phase", "Pending")
    spec = part(resource, "spec")
    source, reference = part(spec, "dataSource"), part(spec, "dataSourceRef")
    if source and not reference:
        spec["dataSourceRef"] = dict(source)
    elif reference and not source and not reference.get("namespace"):
        spec["dataSource"] = {
            "apiGroup": reference.get("apiGroup"),
            "kind": reference.get("kind", ""),
            "name": reference.get("name", ""),
        }


def stateful_set(resource: Object) -> None:
    """Claim templates have apiVersion and kind; availableReplicas, added in 1.22, defaults to 0."""
    spec = part(resource, "spec")
    for template in objects(spec.get("volumeClaimTemplates")):
        template["apiVersion"], template["kind"] = "v1", "PersistentVolumeClaim"
        part(template, "status").setdefault("phase", "Pending")
    status = part(resource, "status")
    if status:
        status.setdefault("availableReplicas", 0)


def service(resource: Object) -> None:
    """Older services get the fields added with dual-stack addresses and traffic policies."""
    spec = part(resource, "spec")
    if spec.get("type") == "ExternalName":
        spec.pop("internalTrafficPolicy", None)
        return
    spec.setdefault("internalTrafficPolicy", "Cluster")
    address = spec.get("clusterIP")
    if not isinstance(address, str) or not address or "clusterIPs" in spec:
        return
    # Written before dual-stack: it has a single address.
    spec["clusterIPs"] = [address]
    if address != "None":
        spec.setdefault("ipFamilies", ["IPv6" if ":" in address else "IPv4"])
        spec.setdefault("ipFamilyPolicy", "SingleStack")


def csi_driver(resource: Object) -> None:
    """Sets the driver's defaults for fields added later."""
    spec = resource.get("spec")
    if isinstance(spec, dict):
        spec.setdefault("preventPodSchedulingIfMissing", False)


def pod_certificate_request(resource: Object) -> None:
    """A field added in 1.36 is null if unset."""
    spec = resource.get("spec")
    if isinstance(spec, dict):
        spec.setdefault("stubPKCS10Request", None)


RULES: dict[tuple[str, str], Callable[[Object], None]] = {
    ("apiextensions.k8s.io/v1beta1", "CustomResourceDefinition"): to_v1,
    ("apps/v1", "StatefulSet"): stateful_set,
    ("apps/v1beta1", "StatefulSet"): stateful_set,
    ("apps/v1beta2", "StatefulSet"): stateful_set,
    ("batch/v1", "Job"): job,
    ("certificates.k8s.io/v1beta1", "PodCertificateRequest"): pod_certificate_request,
    ("storage.k8s.io/v1", "CSIDriver"): csi_driver,
    ("v1", "Namespace"): namespace,
    ("v1", "Node"): node,
    ("v1", "PersistentVolumeClaim"): claim,
    ("v1", "Service"): service,
}
"""By stored apiVersion and kind."""


def as_events_v1(event: Object) -> Object:
    """A core Event converted to ``events.k8s.io``; the argument is not modified."""
    moved = {
        "message": "note",
        "involvedObject": "regarding",
        "count": "deprecatedCount",
        "firstTimestamp": "deprecatedFirstTimestamp",
        "lastTimestamp": "deprecatedLastTimestamp",
        "source": "deprecatedSource",
        "reportingComponent": "reportingController",
    }
    shown = {moved.get(name, name): value for name, value in event.items()}
    for name in ("reportingController", "reportingInstance"):
        if not shown.get(name):
            shown.pop(name, None)
    return shown | {"apiVersion": "events.k8s.io/v1"}
