"""NetworkPolicies: the traffic that they allow, rule by rule."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from etcdpod.kubectl.describe.describer import (
    Describer,
    heading,
    indented,
    labels_and_annotations,
    or_none,
)
from etcdpod.kubectl.describe.fields import dig, text_at
from etcdpod.kubectl.tables.printer import NONE, selector_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etcdpod.kubectl.describe.describer import Around

DIRECTIONS: Final = (
    ("Ingress", "ingress", "from", "source"),
    ("Egress", "egress", "to", "destination"),
)
"""Policy type, field with the rules, field with the peers, label of the peers."""

BETWEEN: Final = "----------"
"""Separator between two rules."""


def _network_policy(thing: dict[str, Any], around: Around) -> Iterator[str]:
    del around
    spec: dict[str, Any] = thing.get("spec") or {}
    yield from heading(thing)
    yield f"Created on:\t{_local(dig(thing, 'metadata', 'creationTimestamp'))}"
    yield from labels_and_annotations(thing)
    yield "Spec:"
    selector = selector_text(spec.get("podSelector"))
    everywhere = f"{NONE} (Allowing the specific traffic to all pods in this namespace)"
    yield f"  PodSelector:     {selector or everywhere}"
    types = spec.get("policyTypes") or ()
    for policy_type, rules_field, peers_field, whence in DIRECTIONS:
        if policy_type not in types:
            yield f"  Not affecting {rules_field} traffic"
            continue
        yield f"  Allowing {rules_field} traffic:"
        rules = spec.get(rules_field) or []
        yield from indented(_rules(rules, rules_field, peers_field, whence), 2)
    yield f"  Policy Types: {', '.join(types) or NONE}"


def _local(timestamp: object) -> str:
    """Go's default format of a time, in UTC."""
    if not timestamp:
        return "0001-01-01 00:00:00 +0000 UTC"
    return str(timestamp).replace("T", " ").replace("Z", " +0000 UTC")


def _rules(rules: list[dict[str, Any]], field: str, peers_field: str, whence: str) -> Iterator[str]:
    if not rules:
        yield f"{NONE} (Selected pods are isolated for {field} connectivity)"
    for index, rule in enumerate(rules):
        if index:
            yield BETWEEN
        ports = rule.get("ports")
        if not ports:
            yield "To Port: <any> (traffic allowed to all ports)"
        for port in ports or ():
            yield _port(port)
        peers = rule.get(peers_field)
        if not peers:
            yield f"{peers_field.title()}: <any> (traffic not restricted by {whence})"
        for peer in peers or ():
            yield f"{peers_field.title()}:"
            yield from indented(_peer(peer))


def _port(port: dict[str, Any]) -> str:
    protocol = port.get("protocol") or "TCP"
    number = "<nil>" if port.get("port") is None else port["port"]
    if port.get("endPort") is None:
        return f"To Port: {number}/{protocol}"
    return f"To Port Range: {number}-{port['endPort']}/{protocol}"


def _peer(peer: dict[str, Any]) -> Iterator[str]:
    selected = False
    for title, field in (
        ("NamespaceSelector", "namespaceSelector"),
        ("PodSelector", "podSelector"),
    ):
        if peer.get(field) is not None:
            selected = True
            yield f"{title}: {or_none(selector_text(peer[field]))}"
    block = peer.get("ipBlock")
    if block is not None and not selected:
        yield "IPBlock:"
        yield f"  CIDR: {text_at(block, 'cidr')}"
        yield f"  Except: {', '.join(block.get('except') or ())}"


NETWORK_POLICY = Describer(
    "NetworkPolicy", _network_policy, ("networking.k8s.io", "extensions"), events=""
)
