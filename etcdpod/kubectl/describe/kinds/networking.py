"""Ingresses and their classes, ServiceCIDRs and IPAddresses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from etcdpod.kubectl.describe.describer import (
    Describer,
    annotation_lines,
    heading,
    label_lines,
    labels_and_annotations,
    moment,
)
from etcdpod.kubectl.describe.fields import dig, name_of, text_at
from etcdpod.kubectl.describe.kinds.services import ready_endpoints, slices_of
from etcdpod.kubectl.tables.printer import NONE
from etcdpod.kubectl.tables.services import ingress_addresses

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etcdpod.kubectl.describe.describer import Around

GROUPS = ("networking.k8s.io", "extensions")


def _ingress(thing: dict[str, Any], around: Around) -> Iterator[str]:
    spec: dict[str, Any] = thing.get("spec") or {}
    namespace = text_at(thing, "metadata", "namespace")
    yield f"Name:\t{name_of(thing)}"
    yield from label_lines("Labels", dig(thing, "metadata", "labels"))
    yield f"Namespace:\t{namespace}"
    yield f"Address:\t{','.join(ingress_addresses(thing))}"
    class_name = spec.get("ingressClassName")
    yield f"Ingress Class:\t{NONE if class_name is None else class_name}"
    backend = spec.get("defaultBackend")
    default = "<default>" if backend is None else _backend(backend, namespace, around)
    yield f"Default backend:\t{default}"
    yield from _tls(spec)
    yield "Rules:"
    yield "  Host\tPath\tBackends"
    yield "  ----\t----\t--------"
    rules = [rule for rule in spec.get("rules") or () if rule.get("http") is not None]
    for rule in rules:
        yield f"  {rule.get('host') or '*'}\t"
        for path in rule["http"].get("paths") or ():
            shown = _backend(path.get("backend") or {}, namespace, around)
            yield f"    \t{text_at(path, 'path')} \t{shown}"
    if not rules:
        yield f"  *\t*\t{default}"
    yield from annotation_lines("Annotations", dig(thing, "metadata", "annotations"))


def _tls(spec: dict[str, Any]) -> Iterator[str]:
    entries = spec.get("tls")
    if entries:
        yield "TLS:"
    for entry in entries or ():
        hosts = ",".join(entry.get("hosts") or ())
        secret = entry.get("secretName")
        yield f"  {secret} terminates {hosts}" if secret else f"  SNI routes {hosts}"


def _backend(backend: dict[str, Any], namespace: str, around: Around) -> str:
    service = backend.get("service")
    if service is not None:
        port: dict[str, Any] = service.get("port") or {}
        name = text_at(service, "name")
        text = f"{name}:{port.get('number') or port.get('name', '')}"
        found = around.get("services", namespace, name)
        if found is None:
            return f'{text} (<error: services "{name}" not found>)'
        port_name = ""
        for one in dig(found, "spec", "ports") or ():
            by_number = port.get("number") and port["number"] == one.get("port")
            by_name = port.get("name") and port["name"] == one.get("name")
            if by_number or by_name:
                port_name = text_at(one, "name")
        return f"{text} ({ready_endpoints(slices_of(name, namespace, around), port_name)})"
    resource = backend.get("resource")
    if resource is None:
        return ""
    group = resource.get("apiGroup")
    return (
        f"APIGroup: {NONE if group is None else group}, Kind: {text_at(resource, 'kind')}, "
        f"Name: {text_at(resource, 'name')}"
    )


def _ingress_class(thing: dict[str, Any], around: Around) -> Iterator[str]:
    del around
    yield from heading(thing, namespace=False)
    yield from labels_and_annotations(thing)
    yield f"Controller:\t{text_at(thing, 'spec', 'controller')}"
    parameters = dig(thing, "spec", "parameters")
    if parameters is not None:
        yield "Parameters:"
        if parameters.get("apiGroup") is not None:
            yield f"  APIGroup:\t{parameters['apiGroup']}"
        yield f"  Kind:\t{text_at(parameters, 'kind')}"
        yield f"  Name:\t{text_at(parameters, 'name')}"


def _service_cidr(thing: dict[str, Any], around: Around) -> Iterator[str]:
    del around
    yield from heading(thing, namespace=False)
    yield from labels_and_annotations(thing)
    yield f"CIDRs:\t{', '.join(dig(thing, 'spec', 'cidrs') or ())}"
    conditions = dig(thing, "status", "conditions")
    if conditions:
        yield "Status:"
        yield from condition_lines(conditions)


def condition_lines(conditions: list[dict[str, Any]]) -> Iterator[str]:
    """Conditions with their last transition times."""
    yield "Conditions:"
    yield "  Type\tStatus\tLastTransitionTime\tReason\tMessage"
    yield "  ----\t------\t------------------\t------\t-------"
    for condition in conditions:
        cells = (
            text_at(condition, "type"),
            text_at(condition, "status"),
            moment(condition.get("lastTransitionTime")),
            text_at(condition, "reason"),
            text_at(condition, "message"),
        )
        yield "  " + "\t".join(cells)


def _ip_address(thing: dict[str, Any], around: Around) -> Iterator[str]:
    del around
    yield from heading(thing, namespace=False)
    yield from labels_and_annotations(thing)
    parent = dig(thing, "spec", "parentRef")
    if parent is not None:
        yield "Parent Reference:"
        for field in ("group", "resource", "namespace", "name"):
            yield f"  {field.title()}:\t{text_at(parent, field)}"


INGRESS = Describer("Ingress", _ingress, GROUPS)
INGRESS_CLASS = Describer("IngressClass", _ingress_class, GROUPS)
SERVICE_CIDR = Describer("ServiceCIDR", _service_cidr, GROUPS)
IP_ADDRESS = Describer("IPAddress", _ip_address, GROUPS)
