"""Nodes: conditions, capacity, and the requests of their pods."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from etcdpod.kubectl.describe.describer import (
    Describer,
    boolean,
    by_bytes,
    heading,
    indented,
    labels_and_annotations,
    listed,
    moment,
    since,
)
from etcdpod.kubectl.describe.fields import dig, name_of, text_at
from etcdpod.kubectl.describe.pods.pod_resources import pod_limits, pod_requests
from etcdpod.kubectl.describe.quantities import ZERO, Amount, amounts, canonical, summed
from etcdpod.kubectl.tables.node import roles
from etcdpod.kubectl.tables.printer import UNSET

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from etcdpod.kubectl.describe.describer import Around

LEASES: Final = "kube-node-lease"
"""The namespace in which each node has a Lease named after it."""

STANDARD: Final = ("cpu", "memory", "ephemeral-storage", "pods")
"""Resources that have a line of their own, or none; all others are extended resources."""

HUGE_PAGES: Final = "hugepages-"

POOLS_SHOWN: Final = 10

SYSTEM: Final = (
    ("Machine ID", "machineID"),
    ("System UUID", "systemUUID"),
    ("Boot ID", "bootID"),
    ("Kernel Version", "kernelVersion"),
    ("OS Image", "osImage"),
    ("Operating System", "operatingSystem"),
    ("Architecture", "architecture"),
    ("Container Runtime Version", "containerRuntimeVersion"),
    ("Kubelet Version", "kubeletVersion"),
)


def _node(node: dict[str, Any], around: Around) -> Iterator[str]:
    spec: dict[str, Any] = node.get("spec") or {}
    status: dict[str, Any] = node.get("status") or {}
    yield from heading(node, namespace=False)
    yield f"Roles:\t{roles(dig(node, 'metadata', 'labels') or {})}"
    yield from labels_and_annotations(node)
    yield f"CreationTimestamp:\t{moment(dig(node, 'metadata', 'creationTimestamp'))}"
    taints = sorted(
        spec.get("taints") or (),
        key=lambda taint: f"{text_at(taint, 'effect')},{text_at(taint, 'key')}".encode(),
    )
    yield from listed("Taints", map(taint_text, taints))
    yield f"Unschedulable:\t{boolean(spec.get('unschedulable'))}"
    yield from _lease(name_of(node), around)
    yield from _conditions(status)
    yield "Addresses:"
    for address in status.get("addresses") or ():
        yield f"  {text_at(address, 'type')}:\t{text_at(address, 'address')}"
    for title in ("Capacity", "Allocatable"):
        quantities = status.get(title.lower())
        if quantities:
            yield f"{title}:"
            for name in by_bytes(quantities):
                yield f"  {name}:\t{canonical(quantities[name])}"
    yield from _slices(name_of(node), around)
    yield "System Info:"
    for title, field in SYSTEM:
        yield f"  {title}:\t{text_at(status, 'nodeInfo', field)}"
    yield from _addresses(spec)
    yield from _pods(node, around)


def taint_text(taint: dict[str, Any]) -> str:
    """``key=value:effect``, omitting empty parts."""
    key, value, effect = (text_at(taint, field) for field in ("key", "value", "effect"))
    text = f"{key}={value}" if value else key
    if not effect:
        return f"{text}:" if value else text
    return f"{text}:{effect}"


def _lease(name: str, around: Around) -> Iterator[str]:
    lease = around.get("leases.coordination.k8s.io", LEASES, name)
    if lease is None:
        yield f'Lease:\tFailed to get lease: leases.coordination.k8s.io "{name}" not found'
        return
    spec: dict[str, Any] = lease.get("spec") or {}
    yield "Lease:"
    holder = spec.get("holderIdentity")
    yield f"  HolderIdentity:\t{UNSET if holder is None else holder}"
    for title, field in (("AcquireTime", "acquireTime"), ("RenewTime", "renewTime")):
        yield f"  {title}:\t{moment(spec[field]) if spec.get(field) else UNSET}"


def _conditions(status: dict[str, Any]) -> Iterator[str]:
    conditions = status.get("conditions")
    if conditions:
        yield "Conditions:"
        yield "  Type\tStatus\tLastHeartbeatTime\tLastTransitionTime\tReason\tMessage"
        yield "  ----\t------\t-----------------\t------------------\t------\t-------"
    for condition in conditions or ():
        cells = (
            text_at(condition, "type"),
            text_at(condition, "status"),
            moment(condition.get("lastHeartbeatTime")),
            moment(condition.get("lastTransitionTime")),
            text_at(condition, "reason"),
            text_at(condition, "message"),
        )
        yield "  " + " \t".join(cells)


def _slices(name: str, around: Around) -> Iterator[str]:
    """The node-local devices, counted by driver and pool."""
    pools: dict[tuple[str, str], list[int]] = {}
    for piece in around.objects("resourceslices.resource.k8s.io", None):
        spec: dict[str, Any] = piece.get("spec") or {}
        if spec.get("nodeName") == name:
            key = text_at(spec, "driver"), text_at(spec, "pool", "name")
            pools.setdefault(key, []).append(len(spec.get("devices") or ()))
    if not pools:
        return
    yield "Node-Local ResourceSlices:"
    yield "  Driver\tPool\tSlices\tDevices"
    yield "  ------\t----\t------\t-------"
    for driver, pool in sorted(pools, key="/".join)[:POOLS_SHOWN]:
        devices = pools[driver, pool]
        yield f"  {driver}\t{pool}\t{len(devices)}\t{sum(devices)}"
    if len(pools) > POOLS_SHOWN:
        yield f"  ...and {len(pools) - POOLS_SHOWN} more pools"


def _addresses(spec: dict[str, Any]) -> Iterator[str]:
    if spec.get("podCIDR"):
        yield f"PodCIDR:\t{spec['podCIDR']}"
    if spec.get("podCIDRs"):
        yield f"PodCIDRs:\t{','.join(spec['podCIDRs'])}"
    if spec.get("providerID"):
        yield f"ProviderID:\t{spec['providerID']}"


def _pods(node: dict[str, Any], around: Around) -> Iterator[str]:
    """The pods that use resources of the node, and their total."""
    name, status = name_of(node), node.get("status") or {}
    capacity = amounts(status.get("allocatable") or status.get("capacity"))
    pods = [
        pod
        for pod in around.objects("pods", None)
        if text_at(pod, "spec", "nodeName") == name
        and text_at(pod, "status", "phase") not in ("Succeeded", "Failed")
    ]
    yield f"Non-terminated Pods:\t({len(pods)} in total)"
    yield ("  Namespace\tName\t\tCPU Requests\tCPU Limits\tMemory Requests\tMemory Limits\tAge")
    yield "  ---------\t----\t\t------------\t----------\t---------------\t-------------\t---"
    for pod in pods:
        requests, limits = pod_requests(pod, use_status=True), pod_limits(pod, use_status=True)
        shares = "\t".join(
            share(taken.get(resource, ZERO), capacity.get(resource, ZERO), resource)
            for resource in ("cpu", "memory")
            for taken in (requests, limits)
        )
        metadata = pod["metadata"]
        age = since(metadata.get("creationTimestamp"), around)
        yield f"  {metadata.get('namespace', '')}\t{metadata.get('name', '')}\t\t{shares}\t{age}"
    yield "Allocated resources:"
    yield "  (Total limits may be over 100 percent, i.e., overcommitted.)"
    yield from indented(_totals(pods, capacity))


def _totals(pods: list[dict[str, Any]], capacity: Mapping[str, Amount]) -> Iterator[str]:
    requests = summed(pod_requests(pod) for pod in pods)
    limits = summed(pod_limits(pod) for pod in pods)
    yield "Resource\tRequests\tLimits"
    yield "--------\t--------\t------"
    huge = [name for name in by_bytes(capacity) if name.startswith(HUGE_PAGES)]
    for name in ("cpu", "memory", "ephemeral-storage", *huge):
        whole = capacity.get(name, ZERO)
        asked, allowed = requests.get(name, ZERO), limits.get(name, ZERO)
        yield f"{name}\t{share(asked, whole, name)}\t{share(allowed, whole, name)}"
    for name in by_bytes(capacity):
        if name not in STANDARD and name not in huge:
            yield f"{name}\t{requests.get(name, ZERO)}\t{limits.get(name, ZERO)}"


def share(taken: Amount, whole: Amount, resource: str) -> str:
    """``50m (1%)``: an amount, and its percentage of the total, rounded down."""
    part, of = (taken.milli, whole.milli) if resource == "cpu" else (taken.whole, whole.whole)
    return f"{taken} ({int(part / of * 100) if of else 0}%)"


NODE = Describer("Node", _node, events="node")
