"""The columns of services and of their endpoints."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from etcdpod.kubectl.tables.printer import (
    NONE,
    UNSET,
    Printer,
    age_of,
    columns,
    dig,
    fields,
    format_labels,
    name_of,
    some_of,
    text_at,
)

if TYPE_CHECKING:
    from datetime import datetime


def _service(thing: dict[str, Any], now: datetime) -> list[str]:
    spec = thing.get("spec") or {}
    cluster_ips = spec.get("clusterIPs")
    ports = ",".join(_port(port) for port in spec.get("ports") or ())
    return [
        name_of(thing),
        text_at(spec, "type"),
        (cluster_ips[0] if cluster_ips else spec.get("clusterIP")) or NONE,
        _external_ip(thing, spec),
        ports or NONE,
        age_of(thing, now),
        format_labels(spec.get("selector")),
    ]


def _port(port: dict[str, Any]) -> str:
    protocol = port.get("protocol", "")
    if port.get("nodePort"):
        return f"{port['port']}:{port['nodePort']}/{protocol}"
    return f"{port['port']}/{protocol}"


def _external_ip(service: dict[str, Any], spec: dict[str, Any]) -> str:
    kind = spec.get("type")
    external = spec.get("externalIPs") or []
    if kind in ("ClusterIP", "NodePort"):
        return ",".join(external) or NONE
    if kind == "LoadBalancer":
        return ",".join([*ingress_addresses(service), *external]) or "<pending>"
    return text_at(spec, "externalName") if kind == "ExternalName" else "<unknown>"


def ingress_addresses(thing: dict[str, Any]) -> list[str]:
    """The addresses that a load balancer assigned to a Service or an Ingress."""
    ingress = dig(thing, "status", "loadBalancer", "ingress") or ()
    return sorted({entry.get("ip") or entry.get("hostname") or "" for entry in ingress} - {""})


SERVICE = Printer(
    kind="Service",
    columns=columns("NAME|TYPE|CLUSTER-IP|EXTERNAL-IP|PORT(S)|AGE", wide="SELECTOR"),
    cells=_service,
    projection=fields(
        "spec.type",
        "spec.clusterIP",
        "spec.clusterIPs",
        "spec.externalIPs",
        "spec.externalName",
        "spec.ports",
        "spec.selector",
        "status.loadBalancer.ingress",
    ),
)


def _endpoints(thing: dict[str, Any], now: datetime) -> list[str]:
    subsets = thing.get("subsets")
    return [name_of(thing), _subsets(subsets) if subsets else NONE, age_of(thing, now)]


def _subsets(subsets: list[dict[str, Any]]) -> str:
    found = []
    for subset in subsets:
        addresses = [address.get("ip", "") for address in subset.get("addresses") or ()]
        ports = subset.get("ports")
        if not ports:
            found += addresses
        for port in ports or ():
            found += [_host_port(address, port.get("port", 0)) for address in addresses]
    return some_of(found, len(found))


def _host_port(address: str, port: int) -> str:
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


ENDPOINTS = Printer(
    kind="Endpoints",
    columns=columns("NAME|ENDPOINTS|AGE"),
    cells=_endpoints,
    projection=fields("subsets.addresses.ip", "subsets.ports.port"),
)


def _endpoint_slice(thing: dict[str, Any], now: datetime) -> list[str]:
    ports = [
        str(port["port"]) if port.get("port") is not None else port.get("name", "*")
        for port in thing.get("ports") or ()
    ]
    addresses = [
        address
        for endpoint in thing.get("endpoints") or ()
        for address in endpoint.get("addresses") or ()
    ]
    return [
        name_of(thing),
        text_at(thing, "addressType"),
        some_of(ports, len(ports)) or UNSET,
        some_of(addresses, len(addresses)) or UNSET,
        age_of(thing, now),
    ]


ENDPOINT_SLICE = Printer(
    kind="EndpointSlice",
    groups=("discovery.k8s.io",),
    columns=columns("NAME|ADDRESSTYPE|PORTS|ENDPOINTS|AGE"),
    cells=_endpoint_slice,
    projection=fields("addressType", "ports.port", "ports.name", "endpoints.addresses"),
)
