"""References of a pod to absent ConfigMaps, Secrets and claims."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from etcdpod.kube.model.fields import field, mapping, members, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etcdpod.forensics.diagnose.cluster import Cluster
    from etcdpod.forensics.diagnose.model import Evidence
    from etcdpod.forensics.diagnose.pod import Container, Pod

RESOURCES = {"ConfigMap": "configmaps", "Secret": "secrets"}


@dataclass(frozen=True, slots=True)
class Missing:
    """A referenced object or key that does not exist."""

    what: str
    """``ConfigMap mailer-config``."""
    text: str
    """The same, as a clause."""
    name: str
    """Name of the object."""
    evidence: Evidence
    """The field that references it."""


def missing_in_environment(pod: Pod, container: Container, cluster: Cluster) -> list[Missing]:
    """Missing references of a container's environment."""
    found = []
    for entry in members(container.spec, "env"):
        path = f"{container.spec_path}.env[{text(entry, 'name')}].valueFrom"
        for kind, name in (("ConfigMap", "configMapKeyRef"), ("Secret", "secretKeyRef")):
            reference = mapping(entry, "valueFrom", name)
            if reference:
                found += _missing(pod, cluster, kind, reference, f"{path}.{name}")
    for position, entry in enumerate(members(container.spec, "envFrom")):
        for kind, name in (("ConfigMap", "configMapRef"), ("Secret", "secretRef")):
            reference = mapping(entry, name)
            if reference:
                path = f"{container.spec_path}.envFrom[{position}].{name}"
                found += _missing(pod, cluster, kind, reference, path)
    return found


def missing_volumes(pod: Pod, cluster: Cluster) -> list[Missing]:
    """Missing references of a pod's volumes."""
    found = []
    for volume in members(pod.value, "spec", "volumes"):
        base = f"spec.volumes[{text(volume, 'name')}]"
        for kind, reference, path in _sources(volume, base):
            found += _missing(pod, cluster, kind, reference, path)
        claim = text(volume, "persistentVolumeClaim", "claimName")
        claims = "persistentvolumeclaims"
        if claim and not cluster.exists(claims, pod.namespace, claim):
            what = f"PersistentVolumeClaim {claim}"
            evidence = pod.shows(f"{base}.persistentVolumeClaim.claimName")
            found.append(Missing(what, f"{what} does not exist", claim, evidence))
    return found


def _sources(volume: dict[str, Any], base: str) -> Iterator[tuple[str, dict[str, Any], str]]:
    """The ConfigMaps and Secrets of a volume, including projected ones."""
    if mapping(volume, "configMap"):
        yield "ConfigMap", mapping(volume, "configMap"), f"{base}.configMap"
    secret = mapping(volume, "secret")
    if secret:
        yield "Secret", {**secret, "name": secret.get("secretName")}, f"{base}.secret"
    for position, source in enumerate(members(volume, "projected", "sources")):
        for kind, name in (("ConfigMap", "configMap"), ("Secret", "secret")):
            if mapping(source, name):
                yield kind, mapping(source, name), f"{base}.projected.sources[{position}].{name}"


def _missing(
    pod: Pod, cluster: Cluster, kind: str, reference: dict[str, Any], path: str
) -> list[Missing]:
    name = text(reference, "name")
    if not name or field(reference, "optional") is True:
        return []
    resource, evidence = RESOURCES[kind], pod.shows(path)
    if not cluster.exists(resource, pod.namespace, name):
        what = f"{kind} {name}"
        return [Missing(what, f"{what} does not exist", name, evidence)]
    wanted = [text(reference, "key")] if text(reference, "key") else []
    wanted += [text(item, "key") for item in members(reference, "items")]
    return [
        Missing(f"key {key} of {kind} {name}", f"{kind} {name} has no key {key}", name, evidence)
        for key in wanted
        if not cluster.has_key(resource, pod.namespace, name, key)
    ]
