"""PersistentVolumeClaims, PersistentVolumes, and claim templates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from etcdpod.kubectl.describe.describer import (
    Describer,
    by_bytes,
    go,
    heading,
    labels_and_annotations,
    listed,
    moment,
    status_or_leaving,
)
from etcdpod.kubectl.describe.fields import dig, name_of, text_at
from etcdpod.kubectl.describe.pods.claim_lines import access_modes, claim_lines, storage_class
from etcdpod.kubectl.describe.pods.volume_sources import PERSISTENT_SOURCES
from etcdpod.kubectl.describe.pods.volumes import source_lines
from etcdpod.kubectl.describe.quantities import canonical
from etcdpod.kubectl.tables.printer import NONE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etcdpod.kubectl.describe.describer import Around


def _claim(claim: dict[str, Any], around: Around) -> Iterator[str]:
    yield from claim_lines(claim, around)
    yield from listed("Used By", by_bytes(_users(claim, around)))
    conditions = dig(claim, "status", "conditions")
    if conditions:
        yield "Conditions:"
        yield "  Type\tStatus\tLastProbeTime\tLastTransitionTime\tReason\tMessage"
        yield "  ----\t------\t-----------------\t------------------\t------\t-------"
    for condition in conditions or ():
        cells = (
            text_at(condition, "type"),
            text_at(condition, "status"),
            moment(condition.get("lastProbeTime")),
            moment(condition.get("lastTransitionTime")),
            text_at(condition, "reason"),
        )
        yield "  " + " \t".join((*cells, text_at(condition, "message")))


def _users(claim: dict[str, Any], around: Around) -> Iterator[str]:
    """The pods that mount a claim, and the pods that own it."""
    owners = {
        owner.get("uid")
        for owner in dig(claim, "metadata", "ownerReferences") or ()
        if owner.get("kind") == "Pod"
    }
    name = name_of(claim)
    for pod in around.objects("pods", text_at(claim, "metadata", "namespace")):
        volumes = dig(pod, "spec", "volumes") or ()
        uses = [v for v in volumes if dig(v, "persistentVolumeClaim", "claimName") == name]
        owns = text_at(pod, "metadata", "uid") in owners
        yield from [name_of(pod)] * (len(uses) or owns)


def _volume(volume: dict[str, Any], around: Around) -> Iterator[str]:
    spec: dict[str, Any] = volume.get("spec") or {}
    yield from heading(volume, namespace=False)
    yield from labels_and_annotations(volume)
    yield f"Finalizers:\t{go(dig(volume, 'metadata', 'finalizers') or [])}"
    yield f"StorageClass:\t{storage_class(volume)}"
    yield f"Status:\t{status_or_leaving(volume, around)}"
    claim = spec.get("claimRef")
    name = "" if claim is None else f"{text_at(claim, 'namespace')}/{text_at(claim, 'name')}"
    yield f"Claim:\t{name}"
    yield f"Reclaim Policy:\t{text_at(spec, 'persistentVolumeReclaimPolicy')}"
    yield f"Access Modes:\t{access_modes(spec.get('accessModes'))}"
    if spec.get("volumeMode") is not None:
        yield f"VolumeMode:\t{spec['volumeMode']}"
    yield f"Capacity:\t{canonical((spec.get('capacity') or {}).get('storage', '0'))}"
    yield from _node_affinity(dig(spec, "nodeAffinity", "required"))
    yield f"Message:\t{text_at(volume, 'status', 'message')}"
    yield "Source:"
    yield from source_lines(spec, PERSISTENT_SOURCES)


def _node_affinity(required: dict[str, Any] | None) -> Iterator[str]:
    if required is None:
        yield f"Node Affinity:\t{NONE}"
        return
    yield "Node Affinity:\t"
    terms = required.get("nodeSelectorTerms")
    yield "  Required Terms:\t" + ("" if terms else NONE)
    for index, term in enumerate(terms or ()):
        expressions = [_expression(entry) for entry in term.get("matchExpressions") or ()]
        yield from term_lines(f"Term {index}", expressions, "    ")


def _expression(requirement: dict[str, Any]) -> str:
    text = f"{text_at(requirement, 'key')} {text_at(requirement, 'operator').lower()}"
    values = requirement.get("values")
    return f"{text} [{', '.join(values)}]" if values else text


def term_lines(title: str, expressions: list[str], indent: str) -> Iterator[str]:
    """A selector term: its requirements, one per line."""
    return listed(title, expressions, indent)


PERSISTENT_VOLUME_CLAIM = Describer("PersistentVolumeClaim", _claim)
PERSISTENT_VOLUME = Describer("PersistentVolume", _volume)
