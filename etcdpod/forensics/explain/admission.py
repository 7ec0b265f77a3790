"""What admission added to a pod: the difference between the submitted and the stored object.

etcd holds only the result. The submitted object is known from the template of the pod's owner, or
from the last-applied-configuration annotation of ``kubectl apply``.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from etcdpod.kube.model.fields import mapping, members, owner_of, text

if TYPE_CHECKING:
    from etcdpod.forensics.diagnose.cluster import Cluster
    from etcdpod.forensics.diagnose.pod import Pod

LAST_APPLIED: Final = "kubectl.kubernetes.io/last-applied-configuration"

_LISTS: Final = {
    "containers": ("container", "name"),
    "initContainers": ("init container", "name"),
    "volumes": ("volume", "name"),
    "imagePullSecrets": ("imagePullSecret", "name"),
    "tolerations": ("toleration", "key"),
}
"""Lists that admission adds to, the name of an item, and its name field."""

_FIELDS: Final = ("priorityClassName", "runtimeClassName", "serviceAccountName")
"""Fields that admission sets; API defaults are not reported."""


def added_by_admission(pod: Pod, cluster: Cluster) -> list[str]:
    """What admission added, such as ``toleration node.kubernetes.io/not-ready``.

    Args:
        pod: the pod at its first revision.
        cluster: used to look up its owner.

    Returns:
        The additions; empty if there are none, or the submitted object is unknown.
    """
    sent = _sent(pod, cluster)
    if sent is None:
        return []
    stored = mapping(pod.value, "spec")
    found = []
    for field, (noun, key) in _LISTS.items():
        before = {text(member, key) for member in members(sent, field)}
        names = [text(member, key) for member in members(stored, field)]
        found += [f"{noun} {name}" for name in dict.fromkeys(names) if name not in before]
    for field in _FIELDS:
        if text(stored, field) and not text(sent, field):
            found.append(f"{field} {text(stored, field)}")
    return found


def _sent(pod: Pod, cluster: Cluster) -> dict[str, Any] | None:
    owner = owner_of(pod.value)
    if owner is not None:
        group = text(owner, "apiVersion").rpartition("/")[0]
        resource = f"{text(owner, 'kind')}.{group}" if group else text(owner, "kind")
        found = cluster.get(resource, pod.namespace, text(owner, "name"))
        spec = mapping(found.value, "spec", "template", "spec") if found is not None else {}
        return spec or None
    applied = mapping(pod.value, "metadata", "annotations").get(LAST_APPLIED)
    if not isinstance(applied, str):
        return None
    try:
        return mapping(json.loads(applied), "spec") or None
    except ValueError:
        return None
