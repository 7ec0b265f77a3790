"""Kubernetes' registry keys, such as ``/registry/pods/shop/db-0``.

A key is ``PREFIX/PART[/NAMESPACE]/NAME``. The part is the lower-case plural, except for the few
historical names below; custom resources (and CRDs and APIServices) put their group before the
plural. A key does not contain the API group or version of a built-in kind: the value does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

DEFAULT_PREFIX: Final = "/registry"
"""kube-apiserver's default for ``--etcd-prefix``."""

PLURALS: Final = {
    "controllers": "replicationcontrollers",
    "ingress": "ingresses",
    "minions": "nodes",
    "podsecuritypolicy": "podsecuritypolicies",
}
"""Parts that are not the plural of their kind."""

SERVICES: Final = {"endpoints": "endpoints", "specs": "services"}
"""The segment after ``services``, and the plural that the two name."""

TELLTALES: Final = frozenset(
    {
        "apiregistration.k8s.io",
        "clusterrolebindings",
        "clusterroles",
        "configmaps",
        "controllerrevisions",
        "deployments",
        "events",
        "flowschemas",
        "leases",
        "minions",
        "namespaces",
        "pods",
        "priorityclasses",
        "prioritylevelconfigurations",
        "replicasets",
        "rolebindings",
        "roles",
        "secrets",
        "serviceaccounts",
        "services",
    }
)
"""First segments below the prefix, some of which occur in the keys of every cluster."""


@dataclass(frozen=True, slots=True)
class ResourceKey:
    """What the key of an object identifies."""

    prefix: str
    """The registry prefix, without a trailing slash."""
    group: str
    """The API group if the key contains one (custom resources); else empty."""
    resource: str
    """Lower-case plural: ``nodes`` for a key under ``minions``."""
    namespace: str
    """Empty for a cluster-scoped object."""
    name: str


def parse_key(key: bytes, prefix: str = DEFAULT_PREFIX) -> ResourceKey | None:
    """Parses an etcd key; None if it is not the key of an object below ``prefix``."""
    try:
        text = key.decode()
    except UnicodeDecodeError:
        return None
    if not text.startswith(f"{prefix}/"):
        return None
    first, *rest = text[len(prefix) + 1 :].split("/")
    if not first or not rest:
        return None
    group = ""
    resource = PLURALS.get(first, first)
    if first == "services":
        if rest[0] not in SERVICES:
            return None
        resource, *rest = SERVICES[rest[0]], *rest[1:]
    elif "." in first:
        group, resource, *rest = first, *rest
    if len(rest) not in (1, 2) or not all(rest):
        return None
    namespace = rest[0] if len(rest) == 2 else ""
    return ResourceKey(prefix, group, resource, namespace, rest[-1])


def registry_prefix(keys: Iterable[bytes]) -> str:
    """The registry prefix of a sample of keys; ``/registry`` if none is recognised.

    Each key votes for what precedes the first segment that only Kubernetes would have written, so a
    prefix of several segments is found too.
    """
    votes: dict[str, int] = {}
    for key in keys:
        segments = key.decode(errors="replace").split("/")
        for index in range(1, len(segments) - 1):
            if segments[index] in TELLTALES:
                prefix = "/".join(segments[:index])
                votes[prefix] = votes.get(prefix, 0) + 1
                break
    return max(votes, key=lambda prefix: votes[prefix], default=DEFAULT_PREFIX)
