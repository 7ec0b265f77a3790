"""The columns of nodes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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

ROLE_PREFIX = "node-role.kubernetes.io/"
ROLE_LABEL = "kubernetes.io/role"
UNKNOWN = "<unknown>"


def _cells(node: dict[str, Any], now: datetime) -> list[str]:
    info = dig(node, "status", "nodeInfo")
    return [
        name_of(node),
        _status(node),
        roles(dig(node, "metadata", "labels") or {}),
        age_of(node, now),
        text_at(info, "kubeletVersion"),
        _address(node, "InternalIP"),
        _address(node, "ExternalIP"),
        text_at(info, "osImage", default=UNKNOWN),
        _kernel(info),
        text_at(info, "containerRuntimeVersion", default=UNKNOWN),
    ]


def _kernel(info: Any) -> str:
    """The kernel version and, since Kubernetes 1.36, the architecture that it was built for."""
    kernel, architecture = text_at(info, "kernelVersion"), text_at(info, "architecture")
    if not kernel:
        return UNKNOWN
    return f"{kernel} ({architecture})" if architecture else kernel


def _status(node: dict[str, Any]) -> str:
    status = "Unknown"
    for condition in dig(node, "status", "conditions") or ():
        if condition.get("type") == "Ready":
            status = "Ready" if condition.get("status") == "True" else "NotReady"
    return f"{status},SchedulingDisabled" if dig(node, "spec", "unschedulable") else status


def roles(labels: dict[str, str]) -> str:
    """The roles in a node's labels, sorted; ``<none>`` if there are none."""
    found = {label.removeprefix(ROLE_PREFIX) for label in labels if label.startswith(ROLE_PREFIX)}
    found.add(labels.get(ROLE_LABEL, ""))
    return ",".join(sorted(filter(None, found))) or NONE


def _address(node: dict[str, Any], kind: str) -> str:
    for address in dig(node, "status", "addresses") or ():
        if address.get("type") == kind:
            return str(address.get("address", ""))
    return NONE


NODE = Printer(
    kind="Node",
    columns=columns(
        "NAME|STATUS|ROLES|AGE|VERSION",
        wide="INTERNAL-IP|EXTERNAL-IP|OS-IMAGE|KERNEL-VERSION|CONTAINER-RUNTIME",
    ),
    cells=_cells,
    projection=fields(
        "metadata.labels",
        "spec.unschedulable",
        "status.conditions.type",
        "status.conditions.status",
        "status.addresses",
        "status.nodeInfo.kubeletVersion",
        "status.nodeInfo.osImage",
        "status.nodeInfo.kernelVersion",
        "status.nodeInfo.architecture",
        "status.nodeInfo.containerRuntimeVersion",
    ),
)
