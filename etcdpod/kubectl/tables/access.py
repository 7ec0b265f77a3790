"""The columns of role bindings and of certificate signing requests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from etcdpod.kube.model.age import human_duration
from etcdpod.kubectl.tables.printer import (
    NONE,
    Printer,
    age_of,
    columns,
    dig,
    fields,
    name_of,
    text_at,
)

if TYPE_CHECKING:
    from datetime import datetime


def _binding(thing: dict[str, Any], now: datetime) -> list[str]:
    subjects: dict[str, list[str]] = {"User": [], "Group": [], "ServiceAccount": []}
    for subject in thing.get("subjects") or ():
        name, namespace = text_at(subject, "name"), text_at(subject, "namespace")
        kind = text_at(subject, "kind")
        if kind == "ServiceAccount" and namespace:
            name = f"{namespace}/{name}"
        if kind in subjects:
            subjects[kind].append(name)
    role = thing.get("roleRef")
    return [
        name_of(thing),
        f"{text_at(role, 'kind')}/{text_at(role, 'name')}",
        age_of(thing, now),
        *(", ".join(names) for names in subjects.values()),
    ]


_BINDING_COLUMNS = columns("NAME|ROLE|AGE", wide="USERS|GROUPS|SERVICEACCOUNTS")
_BINDING_FIELDS = fields("roleRef", "subjects")

ROLE_BINDING = Printer(
    kind="RoleBinding",
    groups=("rbac.authorization.k8s.io",),
    columns=_BINDING_COLUMNS,
    cells=_binding,
    projection=_BINDING_FIELDS,
)

CLUSTER_ROLE_BINDING = Printer(
    kind="ClusterRoleBinding",
    groups=("rbac.authorization.k8s.io",),
    columns=_BINDING_COLUMNS,
    cells=_binding,
    projection=_BINDING_FIELDS,
)


def _certificate_signing_request(thing: dict[str, Any], now: datetime) -> list[str]:
    seconds = dig(thing, "spec", "expirationSeconds")
    return [
        name_of(thing),
        age_of(thing, now),
        text_at(thing, "spec", "signerName", default=NONE),
        text_at(thing, "spec", "username"),
        NONE if seconds is None else human_duration(seconds),
        _request_state(thing),
    ]


def _request_state(request: dict[str, Any]) -> str:
    kinds = {condition.get("type") for condition in dig(request, "status", "conditions") or ()}
    state = "Denied" if "Denied" in kinds else "Approved" if "Approved" in kinds else "Pending"
    if "Failed" in kinds:
        state += ",Failed"
    return f"{state},Issued" if dig(request, "status", "certificate") else state


CERTIFICATE_SIGNING_REQUEST = Printer(
    kind="CertificateSigningRequest",
    groups=("certificates.k8s.io",),
    columns=columns("NAME|AGE|SIGNERNAME|REQUESTOR|REQUESTEDDURATION|CONDITION"),
    cells=_certificate_signing_request,
    projection=fields(
        "spec.signerName",
        "spec.username",
        "spec.expirationSeconds",
        "status.conditions.type",
        "status.certificate",
    ),
)


def _cluster_trust_bundle(thing: dict[str, Any], now: datetime) -> list[str]:
    del now
    return [name_of(thing), text_at(thing, "spec", "signerName", default=NONE)]


CLUSTER_TRUST_BUNDLE = Printer(
    kind="ClusterTrustBundle",
    groups=("certificates.k8s.io",),
    columns=columns("NAME|SIGNERNAME"),
    cells=_cluster_trust_bundle,
    projection=fields("spec.signerName"),
)


def _pod_certificate_request(thing: dict[str, Any], now: datetime) -> list[str]:
    kinds = [condition.get("type") for condition in dig(thing, "status", "conditions") or ()]
    state = next((kind for kind in ("Issued", "Denied", "Failed") if kind in kinds), "Pending")
    return [
        name_of(thing),
        text_at(thing, "spec", "podName"),
        text_at(thing, "spec", "serviceAccountName"),
        text_at(thing, "spec", "nodeName"),
        text_at(thing, "spec", "signerName"),
        state,
        age_of(thing, now),
    ]


POD_CERTIFICATE_REQUEST = Printer(
    kind="PodCertificateRequest",
    groups=("certificates.k8s.io",),
    columns=columns("NAME|PODNAME|SERVICEACCOUNTNAME|NODENAME|SIGNERNAME|STATE|AGE"),
    cells=_pod_certificate_request,
    projection=fields(
        "spec.podName",
        "spec.serviceAccountName",
        "spec.nodeName",
        "spec.signerName",
        "status.conditions.type",
    ),
)
