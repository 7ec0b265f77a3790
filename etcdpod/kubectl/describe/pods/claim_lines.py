"""The lines of a PersistentVolumeClaim, and of the claims that a template makes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from etcdpod.kubectl.describe.describer import (
    annotation_lines,
    go,
    heading,
    label_lines,
    labels_and_annotations,
    status_or_leaving,
)
from etcdpod.kubectl.describe.fields import dig, name_of, text_at
from etcdpod.kubectl.describe.quantities import canonical
from etcdpod.kubectl.tables.printer import NONE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etcdpod.kubectl.describe.describer import Around

CLASS_ANNOTATION: Final = "volume.beta.kubernetes.io/storage-class"
"""The annotation used before there was a field for the class; it still takes precedence."""

NESTED: Final = "    "

MODES: Final = {
    "ReadWriteOnce": "RWO",
    "ReadOnlyMany": "ROX",
    "ReadWriteMany": "RWX",
    "ReadWriteOncePod": "RWOP",
}


def storage_class(thing: dict[str, Any]) -> str:
    """The StorageClass of a volume or a claim; empty if it has none."""
    annotated = (dig(thing, "metadata", "annotations") or {}).get(CLASS_ANNOTATION)
    return str(annotated) if annotated else text_at(thing, "spec", "storageClassName")


def access_modes(modes: list[str] | None) -> str:
    """``RWO,ROX``: without duplicates, in a fixed order."""
    return ",".join(short for mode, short in MODES.items() if mode in (modes or ()))


def claim_lines(claim: dict[str, Any], around: Around | None) -> Iterator[str]:
    """A claim; a claim template (``around`` is None) has neither name nor status."""
    spec: dict[str, Any] = claim.get("spec") or {}
    status: dict[str, Any] = claim.get("status") or {}
    if around is not None:
        yield from heading(claim)
    yield f"StorageClass:\t{storage_class(claim)}"
    if around is not None:
        yield f"Status:\t{status_or_leaving(claim, around)}"
    yield f"Volume:\t{text_at(spec, 'volumeName')}"
    if around is None:
        yield from _nested(claim)
    else:
        yield from labels_and_annotations(claim)
        yield f"Finalizers:\t{go(dig(claim, 'metadata', 'finalizers') or [])}"
    bound = bool(spec.get("volumeName"))
    storage = (status.get("capacity") or {}).get("storage", "0")
    yield f"Capacity:\t{canonical(storage) if bound else ''}"
    yield f"Access Modes:\t{access_modes(status.get('accessModes')) if bound else ''}"
    if spec.get("volumeMode") is not None:
        yield f"VolumeMode:\t{spec['volumeMode']}"
    source = spec.get("dataSource")
    if source is not None:
        yield "DataSource:"
        if source.get("apiGroup") is not None:
            yield f"  APIGroup:\t{source['apiGroup']}"
        yield f"  Kind:\t{text_at(source, 'kind')}"
        yield f"  Name:\t{text_at(source, 'name')}"


def _nested(claim: dict[str, Any]) -> Iterator[str]:
    """Labels and annotations of a template: kubectl indents each cell of a line separately."""
    metadata: dict[str, Any] = claim.get("metadata") or {}
    for line in label_lines("Labels", metadata.get("labels")):
        title, _, label = line.partition("\t")
        yield f"{title or NESTED}\t{NESTED}{label}"
    for line in annotation_lines("Annotations", metadata.get("annotations")):
        title, _, text = line.partition("\t")
        yield f"{title}\t{text if text.startswith('  ') else NESTED + text}"


def template_claim_lines(templates: list[dict[str, Any]] | None) -> Iterator[str]:
    """The claims that a StatefulSet creates for each pod."""
    yield "Volume Claims:" if templates else f"Volume Claims:\t{NONE}"
    for claim in templates or ():
        metadata: dict[str, Any] = claim.get("metadata") or {}
        yield f"  Name:\t{name_of(claim)}"
        yield f"  StorageClass:\t{storage_class(claim)}"
        yield from label_lines("Labels", metadata.get("labels"), "  ")
        annotations = metadata.get("annotations")
        yield from label_lines("Annotations", annotations, "  ")
        storage = dig(claim, "spec", "resources", "requests", "storage")
        yield f"  Capacity:\t{'<default>' if storage is None else canonical(storage)}"
        yield f"  Access Modes:\t{go(dig(claim, 'spec', 'accessModes') or [])}"
