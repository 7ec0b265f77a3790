"""The columns of ingresses, network policies and address allocation."""

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
    selector_text,
    text_at,
)
from etcdpod.kubectl.tables.services import ingress_addresses

if TYPE_CHECKING:
    from datetime import datetime

SHOWN_HOSTS = 3


def _ingress(thing: dict[str, Any], now: datetime) -> list[str]:
    return [
        name_of(thing),
        text_at(thing, "spec", "ingressClassName", default=NONE),
        _hosts(dig(thing, "spec", "rules") or []),
        ",".join(ingress_addresses(thing)),
        "80, 443" if dig(thing, "spec", "tls") else "80",
        age_of(thing, now),
    ]


def _hosts(rules: list[dict[str, Any]]) -> str:
    """The hosts of the rules; kubectl's count of further rules includes those without a host."""
    hosts: list[str] = []
    for rule in rules:
        if len(hosts) == SHOWN_HOSTS:
            return f"{','.join(hosts)} + {len(rules) - SHOWN_HOSTS} more..."
        if rule.get("host"):
            hosts.append(rule["host"])
    return ",".join(hosts) or "*"


INGRESS = Printer(
    kind="Ingress",
    groups=("networking.k8s.io", "extensions"),
    columns=columns("NAME|CLASS|HOSTS|ADDRESS|PORTS|AGE"),
    cells=_ingress,
    projection=fields(
        "spec.ingressClassName",
        "spec.rules.host",
        "spec.tls",
        "status.loadBalancer.ingress",
    ),
)


def _ingress_class(thing: dict[str, Any], now: datetime) -> list[str]:
    parameters = dig(thing, "spec", "parameters")
    shown = NONE
    if parameters is not None:
        kind, group = text_at(parameters, "kind"), parameters.get("apiGroup")
        shown = f"{kind}.{group}" if group is not None else kind
        shown += f"/{text_at(parameters, 'name')}"
    return [name_of(thing), text_at(thing, "spec", "controller"), shown, age_of(thing, now)]


INGRESS_CLASS = Printer(
    kind="IngressClass",
    groups=("networking.k8s.io",),
    columns=columns("NAME|CONTROLLER|PARAMETERS|AGE"),
    cells=_ingress_class,
    projection=fields("spec.controller", "spec.parameters"),
)


def _network_policy(thing: dict[str, Any], now: datetime) -> list[str]:
    selector = selector_text(dig(thing, "spec", "podSelector"))
    return [name_of(thing), selector or NONE, age_of(thing, now)]


NETWORK_POLICY = Printer(
    kind="NetworkPolicy",
    groups=("networking.k8s.io", "extensions"),
    columns=columns("NAME|POD-SELECTOR|AGE"),
    cells=_network_policy,
    projection=fields("spec.podSelector"),
)


def _ip_address(thing: dict[str, Any], now: datetime) -> list[str]:
    parent = dig(thing, "spec", "parentRef")
    shown = NONE
    if parent is not None:
        resource, group = text_at(parent, "resource"), text_at(parent, "group")
        place = f"{resource}.{group}".lower() if group else resource.lower()
        namespace = text_at(parent, "namespace")
        shown = "/".join(filter(None, (place, namespace))) + f"/{text_at(parent, 'name')}"
    return [name_of(thing), shown, age_of(thing, now)]


IP_ADDRESS = Printer(
    kind="IPAddress",
    groups=("networking.k8s.io",),
    columns=columns("NAME|PARENTREF|AGE"),
    cells=_ip_address,
    projection=fields("spec.parentRef"),
)


def _service_cidr(thing: dict[str, Any], now: datetime) -> list[str]:
    cidrs = ",".join(dig(thing, "spec", "cidrs") or ())
    return [name_of(thing), cidrs, age_of(thing, now)]


SERVICE_CIDR = Printer(
    kind="ServiceCIDR",
    groups=("networking.k8s.io",),
    columns=columns("NAME|CIDRS|AGE"),
    cells=_service_cidr,
    projection=fields("spec.cidrs"),
)
