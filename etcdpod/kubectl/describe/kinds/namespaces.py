"""Namespaces, with their quotas and limit ranges."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from etcdpod.kubectl.describe.describer import (
    Describer,
    by_bytes,
    heading,
    indented,
    labels_and_annotations,
)
from etcdpod.kubectl.describe.fields import dig, name_of, text_at
from etcdpod.kubectl.describe.kinds.networking import condition_lines
from etcdpod.kubectl.describe.quantities import amount, canonical

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etcdpod.kubectl.describe.describer import Around

SCOPES: Final = {
    "Terminating": "Matches all pods that have an active deadline. These pods have a limited "
    "lifespan on a node before being actively terminated by the system.",
    "NotTerminating": "Matches all pods that do not have an active deadline. These pods usually "
    "include long running pods whose container command is not expected to terminate.",
    "BestEffort": "Matches all pods that do not have resource requirements set. These pods have "
    "a best effort quality of service.",
    "NotBestEffort": "Matches all pods that have at least one resource requirement set. These "
    "pods have a burstable or guaranteed quality of service.",
}
"""kubectl's descriptions of quota scopes."""

LIMIT_HEADER: Final = (
    "Type\tResource\tMin\tMax\tDefault Request\tDefault Limit\tMax Limit/Request Ratio",
    "----\t--------\t---\t---\t---------------\t-------------\t-----------------------",
)

LIMIT_FIELDS: Final = ("min", "max", "defaultRequest", "default", "maxLimitRequestRatio")
"""In column order."""


def _namespace(thing: dict[str, Any], around: Around) -> Iterator[str]:
    name = name_of(thing)
    yield from heading(thing, namespace=False)
    yield from labels_and_annotations(thing)
    yield f"Status:\t{text_at(thing, 'status', 'phase')}"
    conditions = dig(thing, "status", "conditions")
    if conditions:
        yield from condition_lines(conditions)
    yield ""
    quotas = list(around.objects("resourcequotas", name))
    yield "Resource Quotas" if quotas else "No resource quota."
    for quota in quotas:
        yield from indented(_quota_in_namespace(quota))
    yield ""
    ranges = list(around.objects("limitranges", name))
    yield "Resource Limits" if ranges else "No LimitRange resource."
    if ranges:
        yield from (f" {line}" for line in LIMIT_HEADER)
    for limit_range in ranges:
        yield from (f" {line}" for line in _limits(limit_range))


def _quota_in_namespace(quota: dict[str, Any]) -> Iterator[str]:
    yield f"Name:\t{name_of(quota)}"
    yield from _scopes(quota, "* ")
    yield "Resource\tUsed\tHard"
    yield "--------\t---\t---"
    hard: dict[str, str] = dig(quota, "status", "hard") or {}
    used: dict[str, str] = dig(quota, "status", "used") or {}
    for name in by_bytes(hard):
        yield f"{name}\t{canonical(used.get(name, '0'))}\t{canonical(hard[name])}"


def _quota(quota: dict[str, Any], around: Around) -> Iterator[str]:
    del around
    yield from heading(quota)
    yield from _scopes(quota, " * ")
    yield "Resource\tUsed\tHard"
    yield "--------\t----\t----"
    hard: dict[str, str] = dig(quota, "status", "hard") or {}
    used: dict[str, str] = dig(quota, "status", "used") or {}
    for name in by_bytes(hard):
        limit, taken = amount(hard[name]), amount(used.get(name, "0"))
        if limit.form != taken.form:
            taken = type(taken)(taken.value.__ceil__() + limit.value * 0, limit.form)
        yield f"{name}\t{taken}\t{limit}"


def _scopes(quota: dict[str, Any], bullet: str) -> Iterator[str]:
    scopes = sorted(dig(quota, "spec", "scopes") or ())
    if scopes:
        yield f"Scopes:\t{', '.join(scopes)}"
    for scope in scopes:
        if scope in SCOPES:
            yield f"{bullet}{SCOPES[scope]}"


def _limit_range(thing: dict[str, Any], around: Around) -> Iterator[str]:
    del around
    yield from heading(thing)
    yield from LIMIT_HEADER
    yield from _limits(thing)


def _limits(limit_range: dict[str, Any]) -> Iterator[str]:
    """One line per resource; sorted by name here, unordered in kubectl."""
    for item in dig(limit_range, "spec", "limits") or ():
        parts: list[dict[str, str]] = [item.get(field) or {} for field in LIMIT_FIELDS]
        for name in by_bytes(set().union(*parts)):
            cells = (canonical(part[name]) if name in part else "-" for part in parts)
            yield "\t".join((text_at(item, "type"), name, *cells))


NAMESPACE = Describer("Namespace", _namespace, events="")
RESOURCE_QUOTA = Describer("ResourceQuota", _quota, events="")
LIMIT_RANGE = Describer("LimitRange", _limit_range, events="")
