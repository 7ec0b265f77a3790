"""A Service with a selector has no ready endpoint."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from etcdpod.forensics.diagnose.rule import ObjectRule
from etcdpod.kube.model.fields import field, mapping, members, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etcdpod.forensics.diagnose.cluster import Cluster
    from etcdpod.forensics.diagnose.model import Evidence, Finding
    from etcdpod.forensics.diagnose.subject import Subject

SERVICE_NAME = "kubernetes.io/service-name"


def check(service: Subject, cluster: Cluster) -> Iterator[Finding]:
    """Report a Service whose EndpointSlices (or Endpoints) list no ready address."""
    selector = mapping(service.value, "spec", "selector")
    if not selector or text(service.value, "spec", "type") == "ExternalName":
        return
    found = _empty(service, cluster)
    if found is None:
        return
    shown, has_unready = found
    asked = ",".join(f"{key}={value}" for key, value in sorted(selector.items()))
    idle = None if has_unready else _scaled_to_zero(service, selector, cluster)
    if has_unready:
        why, solution = (
            "the pods that it selects are not ready",
            "see the findings about these pods",
        )
    elif idle is not None:
        why = f"{idle.kind} {idle.name}, whose pods it selects, is scaled to 0"
        solution = f"expected while {idle.kind} {idle.name} is meant to rest; else scale it up"
        shown = [*shown, idle.shows("spec.replicas")]
    else:
        why, solution = f"no pod has the labels {asked}", "correct selector or labels"
    yield service.finding(
        "NoEndpoints",
        "error" if idle is None else "info",
        f"Service {service.name} has no endpoint that is ready: {why}",
        [service.shows("spec.selector"), *shown],
        solution=solution,
        next_check=f"etcdpod get pods -n {service.namespace} -l {asked}",
        since=service.created if not has_unready and idle is None else None,
    )


def _empty(service: Subject, cluster: Cluster) -> tuple[list[Evidence], bool] | None:
    """The evidence that no address is ready, and whether there are unready ones.

    None if one is ready, or if the addresses are not listed.
    """
    pieces = cluster.grouped("endpointslices.discovery.k8s.io", _service_of)
    slices = pieces.get(f"{service.namespace}/{service.name}", [])
    if slices:
        addresses = [each for item in slices for each in members(item.value, "endpoints")]
        if any(_is_ready(each) for each in addresses):
            return None
        return [item.shows("endpoints") for item in slices], bool(addresses)
    endpoints = cluster.get("endpoints", service.namespace, service.name)
    if endpoints is None:
        return None
    subsets = members(endpoints.value, "subsets")
    if any(members(subset, "addresses") for subset in subsets):
        return None
    return [endpoints.shows("subsets")], bool(subsets)


def _service_of(piece: Subject) -> str:
    return f"{piece.namespace}/{text(piece.value, 'metadata', 'labels', SERVICE_NAME)}"


def _idle_in(workload: Subject) -> str:
    """The namespace of a workload that is scaled to 0; empty otherwise."""
    return workload.namespace if field(workload.value, "spec", "replicas") == 0 else ""


def _scaled_to_zero(service: Subject, selector: dict[str, Any], cluster: Cluster) -> Subject | None:
    """A workload that matches the service's selector but is scaled to 0."""
    for resource in ("deployments.apps", "statefulsets.apps"):
        for item in cluster.grouped(resource, _idle_in).get(service.namespace, []):
            labels = mapping(item.value, "spec", "template", "metadata", "labels")
            if all(labels.get(key) == value for key, value in selector.items()):
                return item
    return None


def _is_ready(endpoint: dict[str, Any]) -> bool:
    """Whether an endpoint is ready, which is the default."""
    return field(endpoint, "conditions", "ready") is not False


RULE = ObjectRule("services", check)
