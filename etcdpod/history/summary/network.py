"""Services, and the endpoints behind them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from etcdpod.history.summary.brief import brief, moved, named
from etcdpod.history.summary.summariser import Summariser
from etcdpod.kube.model.fields import field, mapping, members, strings, text

if TYPE_CHECKING:
    from collections.abc import Iterator


def _service_changed(before: dict[str, Any], after: dict[str, Any]) -> Iterator[str]:
    old, new = mapping(before, "spec"), mapping(after, "spec")
    for name in ("type", "clusterIP", "externalName"):
        if text(old, name) != text(new, name):
            yield f"{name} {moved(text(old, name) or 'none', text(new, name) or 'none')}"
    if mapping(old, "selector") != mapping(new, "selector"):
        yield f"selector {_selector(old)} → {_selector(new)}"
    ports = [_ports(spec) for spec in (old, new)]
    if ports[0] != ports[1]:
        yield f"ports {ports[0]} → {ports[1]}"
    outside = [_outside(service) for service in (before, after)]
    if outside[0] != outside[1]:
        yield f"load balancer {outside[0]} → {outside[1]}"


def _selector(spec: dict[str, Any]) -> str:
    pairs = sorted(mapping(spec, "selector").items())
    return named(f"{key}={value}" for key, value in pairs) or "none"


def _ports(spec: dict[str, Any]) -> str:
    """``80→8080/TCP (node 30080)``: the target and the node port where they say more."""
    texts = []
    for port in members(spec, "ports"):
        target = port.get("targetPort", port.get("port"))
        to = f"→{target}" if target != port.get("port") else ""
        outer = f" (node {port['nodePort']})" if port.get("nodePort") else ""
        texts.append(f"{port.get('port')}{to}/{port.get('protocol', 'TCP')}{outer}")
    return named(texts) or "none"


def _outside(service: dict[str, Any]) -> str:
    ingress = members(service, "status", "loadBalancer", "ingress")
    return named(text(entry, "ip") or text(entry, "hostname") for entry in ingress) or "none"


def _service_born(service: dict[str, Any]) -> Iterator[str]:
    spec = mapping(service, "spec")
    yield text(spec, "type") or "ClusterIP"
    if text(spec, "clusterIP"):
        yield text(spec, "clusterIP")
    yield f"ports {_ports(spec)}"


SERVICE: Final = Summariser(
    kinds=frozenset({("", "Service")}),
    changed=_service_changed,
    covered=(
        "spec.clusterIP",
        "spec.clusterIPs",
        "spec.externalName",
        "spec.ports",
        "spec.selector",
        "spec.type",
        "status.loadBalancer",
    ),
    born=_service_born,
    state=_service_born,
)
"""Services."""


def _endpoints_changed(before: dict[str, Any], after: dict[str, Any]) -> Iterator[str]:
    old, new = _addresses(before), _addresses(after)
    for address in sorted(new.keys() - old.keys()):
        yield f"{brief(address)} added ({new[address]})"
    for address in sorted(old.keys() & new.keys()):
        if old[address] != new[address]:
            yield f"{brief(address)} {moved(old[address], new[address])}"
    for address in sorted(old.keys() - new.keys()):
        yield f"{brief(address)} removed"


def _addresses(value: dict[str, Any]) -> dict[str, str]:
    """Address to ``ready``, ``terminating`` or ``not ready``, of either form of endpoints."""
    found = {}
    for subset in members(value, "subsets"):
        for name, state in (("addresses", "ready"), ("notReadyAddresses", "not ready")):
            found.update({text(entry, "ip"): state for entry in members(subset, name)})
    for endpoint in members(value, "endpoints"):
        # An endpoint that does not say counts as ready: the API's own default.
        ready = field(endpoint, "conditions", "ready") is not False
        ending = field(endpoint, "conditions", "terminating") is True
        state = "terminating" if ending else "ready" if ready else "not ready"
        found.update(dict.fromkeys(strings(endpoint, "addresses"), state))
    return found


ENDPOINTS: Final = Summariser(
    kinds=frozenset({("", "Endpoints"), ("discovery.k8s.io", "EndpointSlice")}),
    changed=_endpoints_changed,
    covered=("endpoints",),
    state=lambda value: [f"addresses {named(sorted(_addresses(value))) or 'none'}"],
)
"""Endpoints and EndpointSlices."""
