"""Services and their endpoints."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from etcdpod.kubectl.describe.describer import (
    Describer,
    boolean,
    heading,
    labels_and_annotations,
)
from etcdpod.kubectl.describe.fields import dig, name_of, text_at
from etcdpod.kubectl.tables.printer import NONE, UNSET, format_labels

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from etcdpod.kubectl.describe.describer import Around

SERVICE_LABEL: Final = "kubernetes.io/service-name"
"""Label of an EndpointSlice: the Service that it belongs to."""

ENDPOINTS_SHOWN: Final = 3


def _service(thing: dict[str, Any], around: Around) -> Iterator[str]:
    spec: dict[str, Any] = thing.get("spec") or {}
    yield from heading(thing)
    yield from labels_and_annotations(thing)
    yield f"Selector:\t{format_labels(spec.get('selector'))}"
    yield f"Type:\t{text_at(spec, 'type')}"
    if spec.get("ipFamilyPolicy") is not None:
        yield f"IP Family Policy:\t{spec['ipFamilyPolicy']}"
    yield f"IP Families:\t{','.join(spec.get('ipFamilies') or ()) or NONE}"
    yield f"IP:\t{text_at(spec, 'clusterIP')}"
    yield f"IPs:\t{','.join(spec.get('clusterIPs') or ()) or NONE}"
    yield from _outside(thing, spec)
    slices = slices_of(name_of(thing), text_at(thing, "metadata", "namespace"), around)
    for port in spec.get("ports") or ():
        yield from _port(port, slices)
    yield f"Session Affinity:\t{text_at(spec, 'sessionAffinity')}"
    for title, field in (
        ("External Traffic Policy", "externalTrafficPolicy"),
        ("Internal Traffic Policy", "internalTrafficPolicy"),
        ("HealthCheck NodePort", "healthCheckNodePort"),
    ):
        if spec.get(field):
            yield f"{title}:\t{spec[field]}"
    if spec.get("loadBalancerSourceRanges"):
        yield f"LoadBalancer Source Ranges:\t{','.join(spec['loadBalancerSourceRanges'])}"
    if spec.get("trafficDistribution") is not None:
        yield f"Traffic Distribution:\t{spec['trafficDistribution']}"


def _outside(thing: dict[str, Any], spec: dict[str, Any]) -> Iterator[str]:
    """How the Service is reached from outside the cluster."""
    if spec.get("externalIPs"):
        yield f"External IPs:\t{','.join(spec['externalIPs'])}"
    if spec.get("loadBalancerIP"):
        yield f"Desired LoadBalancer IP:\t{spec['loadBalancerIP']}"
    if spec.get("externalName"):
        yield f"External Name:\t{spec['externalName']}"
    ingress = dig(thing, "status", "loadBalancer", "ingress")
    if ingress:
        yield f"LoadBalancer Ingress:\t{', '.join(map(_address, ingress))}"


def _address(entry: dict[str, Any]) -> str:
    if not entry.get("ip"):
        return text_at(entry, "hostname")
    mode = entry.get("ipMode")
    return str(entry["ip"]) if mode is None else f"{entry['ip']} ({mode})"


def _port(port: dict[str, Any], slices: list[dict[str, Any]]) -> Iterator[str]:
    name, protocol = text_at(port, "name"), text_at(port, "protocol")
    shown = name or UNSET
    yield f"Port:\t{shown}\t{port.get('port') or 0}/{protocol}"
    yield f"TargetPort:\t{port.get('targetPort', 0)}/{protocol}"
    if port.get("appProtocol") is not None:
        yield f"AppProtocol:\t{port['appProtocol']}"
    if port.get("nodePort"):
        yield f"NodePort:\t{shown}\t{port['nodePort']}/{protocol}"
    yield f"Endpoints:\t{ready_endpoints(slices, name)}"


def slices_of(service: str, namespace: str, around: Around) -> list[dict[str, Any]]:
    """The EndpointSlices of a Service."""
    return [
        piece
        for piece in around.objects("endpointslices.discovery.k8s.io", namespace)
        if text_at(piece, "metadata", "labels", SERVICE_LABEL) == service
    ]


def ready_endpoints(slices: list[dict[str, Any]], port_name: str) -> str:
    """The first ready addresses with the port of that name, and the number of further ones."""
    if not slices:
        return NONE
    found = [address for piece in slices for address in _ready(piece, port_name)]
    text = ",".join(found[:ENDPOINTS_SHOWN])
    hidden = len(found) - ENDPOINTS_SHOWN
    return f"{text} + {hidden} more..." if hidden > 0 else text


def _ready(piece: dict[str, Any], port_name: str) -> Iterator[str]:
    endpoints = [
        endpoint
        for endpoint in piece.get("endpoints") or ()
        if dig(endpoint, "conditions", "ready") is not False and endpoint.get("addresses")
    ]
    ports: Iterable[dict[str, Any]] = piece.get("ports") or ()
    if not ports:
        yield from (endpoint["addresses"][0] for endpoint in endpoints)
    for port in ports:
        if text_at(port, "name") == port_name:
            for endpoint in endpoints:
                yield _host_port(endpoint["addresses"][0], port.get("port") or 0)


def _host_port(address: str, port: int) -> str:
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def _endpoints(thing: dict[str, Any], around: Around) -> Iterator[str]:
    del around
    yield from heading(thing)
    yield from labels_and_annotations(thing)
    yield "Subsets:"
    for subset in thing.get("subsets") or ():
        for title, field in (
            ("Addresses", "addresses"),
            ("NotReadyAddresses", "notReadyAddresses"),
        ):
            addresses = ",".join(text_at(entry, "ip") for entry in subset.get(field) or ())
            yield f"  {title}:\t{addresses or NONE}"
        ports = subset.get("ports")
        if ports:
            yield "  Ports:"
            yield from (f"    {line}" for line in _port_table(ports, "0"))
        yield ""


def _port_table(ports: list[dict[str, Any]], absent: str) -> Iterator[str]:
    yield "Name\tPort\tProtocol"
    yield "----\t----\t--------"
    for port in ports:
        number = port.get("port")
        shown = absent if number is None else str(number)
        yield f"{port.get('name') or UNSET}\t{shown}\t{text_at(port, 'protocol')}"


def _endpoint_slice(thing: dict[str, Any], around: Around) -> Iterator[str]:
    del around
    yield from heading(thing)
    yield from labels_and_annotations(thing)
    yield f"AddressType:\t{text_at(thing, 'addressType')}"
    ports = thing.get("ports")
    yield "Ports:" if ports else f"Ports: {UNSET}"
    if ports:
        yield from (f"  {line}" for line in _port_table(ports, UNSET))
    endpoints = thing.get("endpoints")
    yield "Endpoints:" if endpoints else f"Endpoints: {NONE}"
    for endpoint in endpoints or ():
        yield f"  - Addresses:\t{', '.join(endpoint.get('addresses') or ()) or NONE}"
        yield "    Conditions:"
        ready = dig(endpoint, "conditions", "ready")
        yield f"      Ready:\t{UNSET if ready is None else boolean(ready)}"
        yield f"    Hostname:\t{_or_unset(endpoint, 'hostname')}"
        target = endpoint.get("targetRef")
        if target is not None:
            yield f"    TargetRef:\t{text_at(target, 'kind')}/{text_at(target, 'name')}"
        yield f"    NodeName:\t{_or_unset(endpoint, 'nodeName')}"
        yield f"    Zone:\t{_or_unset(endpoint, 'zone')}"


def _or_unset(thing: dict[str, Any], field: str) -> str:
    value = thing.get(field)
    return UNSET if value is None else str(value)


SERVICE = Describer("Service", _service)
ENDPOINTS = Describer("Endpoints", _endpoints)
ENDPOINT_SLICE = Describer("EndpointSlice", _endpoint_slice, ("discovery.k8s.io",))
