"""Objects that a cluster recreates by itself and that need no recovery."""

from __future__ import annotations

from typing import Any, Final

from etcdpod.forensics.recover.apply_ready import group_kind

RUNTIME_KINDS: Final = {
    ("", "Endpoints"): "made for its service",
    ("", "Event"): "reports what happened; it is nothing to apply",
    ("coordination.k8s.io", "Lease"): "renewed by its holder",
    ("discovery.k8s.io", "EndpointSlice"): "made for its service",
    ("events.k8s.io", "Event"): "reports what happened; it is nothing to apply",
    ("internal.apiserver.k8s.io", "StorageVersion"): "an API server makes it",
    ("networking.k8s.io", "IPAddress"): "made for its service",
    ("storage.k8s.io", "CSINode"): "a kubelet makes it",
    ("storage.k8s.io", "VolumeAttachment"): "made when a volume is attached",
}
"""Group and kind of objects that only components write, with the component."""
PUBLISHED: Final = {
    (("", "ConfigMap"), "kube-root-ca.crt"): "published in every namespace",
    (("", "ConfigMap"), "openshift-service-ca.crt"): "published in every namespace",
    (("", "ServiceAccount"), "default"): "made in every namespace",
}
MIRROR: Final = "kubernetes.io/config.mirror"


def made_by(value: dict[str, Any]) -> str:
    """What recreates the object; empty if nothing does."""
    kind = group_kind(value)
    metadata = value.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    annotations = metadata.get("annotations")
    if isinstance(annotations, dict) and MIRROR in annotations:
        return "a kubelet makes it from a file of its node"
    for owner in owners(value):
        return f"made by {owner}"
    name = str(metadata.get("name", ""))
    return PUBLISHED.get((kind, name), RUNTIME_KINDS.get(kind, ""))


def owners(value: dict[str, Any]) -> list[str]:
    """Kind and name of the object's controllers, from its owner references."""
    metadata = value.get("metadata")
    references = metadata.get("ownerReferences") if isinstance(metadata, dict) else None
    return [
        f"{one.get('kind', '')} {one.get('name', '')}"
        for one in (references if isinstance(references, list) else ())
        if isinstance(one, dict) and one.get("controller") is True
    ]
