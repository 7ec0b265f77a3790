"""A Service selects pods and has no endpoint that is ready."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from etcdpod.analysis.rules.base import ObjectRule
from etcdpod.history.fields import field, mapping, members, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etcdpod.analysis.cluster import Cluster
    from etcdpod.analysis.finding import Evidence, Finding
    from etcdpod.analysis.subject import Subject

SERVICE_NAME = "kubernetes.io/service-name"


def check(service: Subject, cluster: Cluster) -> Iterator[Finding]:
    """Its EndpointSlices (or its Endpoints) name no ready address."""
    selector = mapping(service.value, "spec", "selector")
    if not selector or text(service.value, "spec", "type") == "ExternalName":
        return
    shown = _empty(service, cluster)
    if not shown:
        return
    asked = ",".join(f"{key}={value}" for key, value in sorted(selector.items()))
    ready = any("notReady" in item.says or "false" in item.says for item in shown)
    why = "the pods that it selects are not ready" if ready else f"no pod has the labels {asked}"
    yield service.finding(
        "NoEndpoints",
        "error",
        f"Service {service.name} has no endpoint that is ready: {why}",
        [service.shows("spec.selector"), *shown],
        solution="see the findings about these pods" if ready else "correct selector or labels",
        next_check=f"etcdpod get pods -n {service.namespace} -l {asked}",
        since=service.created if not ready else None,
    )


def _empty(service: Subject, cluster: Cluster) -> list[Evidence]:
    """The slices or the Endpoints of a service, if none of their addresses is ready."""
    slices = [
        item
        for (namespace, _), item in cluster.all("endpointslices.discovery.k8s.io").items()
        if namespace == service.namespace
        and mapping(item.value, "metadata", "labels").get(SERVICE_NAME) == service.name
    ]
    if slices:
        addresses = [each for item in slices for each in members(item.value, "endpoints")]
        if any(_is_ready(each) for each in addresses):
            return []
        return [item.shows("endpoints") for item in slices]
    endpoints = cluster.get("endpoints", service.namespace, service.name)
    if endpoints is None:
        return []
    subsets = members(endpoints.value, "subsets")
    if any(members(subset, "addresses") for subset in subsets):
        return []
    return [endpoints.shows("subsets")]


def _is_ready(endpoint: dict[str, Any]) -> bool:
    """Ready unless it says that it is not."""
    return field(endpoint, "conditions", "ready") is not False


RULE = ObjectRule("services", check)
