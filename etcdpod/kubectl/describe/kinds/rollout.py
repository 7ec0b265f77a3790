"""The ReplicaSets of a Deployment: the new one and the old ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from etcdpod.kubectl.describe.describer import controlled
from etcdpod.kubectl.describe.fields import dig, name_of, number_at, text_at
from etcdpod.kubectl.tables.printer import NONE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etcdpod.kubectl.describe.describer import Around

HASH_LABEL: Final = "pod-template-hash"
"""Added to the template of each ReplicaSet, to distinguish their pods."""


def replica_set_lines(deployment: dict[str, Any], around: Around) -> Iterator[str]:
    """The lines that list a Deployment's ReplicaSets; empty if it has none."""
    owned = replica_sets(deployment, around)
    new = newest(deployment, owned)
    old = [one for one in owned if one is not new]
    if owned:
        yield f"OldReplicaSets:\t{_listed(old)}"
        yield f"NewReplicaSet:\t{_listed([] if new is None else [new])}"


def replica_sets(deployment: dict[str, Any], around: Around) -> list[dict[str, Any]]:
    """The ReplicaSets controlled by a Deployment, oldest first."""
    namespace = text_at(deployment, "metadata", "namespace")
    found = controlled(deployment, around.objects("replicasets.apps", namespace))
    return sorted(
        found, key=lambda one: (text_at(one, "metadata", "creationTimestamp"), name_of(one))
    )


def newest(deployment: dict[str, Any], owned: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The ReplicaSet created from the Deployment's current template; None if not yet created."""
    wanted = _without_hash(dig(deployment, "spec", "template"))
    return next(
        (one for one in owned if _without_hash(dig(one, "spec", "template")) == wanted), None
    )


def _without_hash(template: dict[str, Any] | None) -> dict[str, Any]:
    """The template without the ReplicaSet's label; absent values equal empty ones."""
    found = template or {}
    metadata = dict(found.get("metadata") or {})
    labels = {
        key: value for key, value in (metadata.get("labels") or {}).items() if key != HASH_LABEL
    }
    metadata["labels"] = labels
    kept = {key: value for key, value in metadata.items() if value not in (None, {}, [])}
    return {**found, "metadata": kept}


def _listed(replica_sets: list[dict[str, Any]]) -> str:
    return (
        ", ".join(
            f"{name_of(one)} ({number_at(one, 'status', 'replicas')}/"
            f"{number_at(one, 'spec', 'replicas')} replicas created)"
            for one in replica_sets
        )
        or NONE
    )
