"""StorageClasses, VolumeAttributesClasses and CSINodes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from etcdpod.kubectl.describe.describer import (
    Describer,
    capital_boolean,
    go,
    heading,
    labels_and_annotations,
    moment,
)
from etcdpod.kubectl.describe.fields import dig, text_at
from etcdpod.kubectl.describe.pods.claims import term_lines
from etcdpod.kubectl.tables.printer import NONE, UNSET, format_labels

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etcdpod.kubectl.describe.describer import Around

GROUPS: Final = ("storage.k8s.io",)

DEFAULT_CLASS: Final = (
    "storageclass.kubernetes.io/is-default-class",
    "storageclass.beta.kubernetes.io/is-default-class",
)
"""Annotations that make a StorageClass the default."""


def _storage_class(thing: dict[str, Any], around: Around) -> Iterator[str]:
    del around
    annotations: dict[str, str] = dig(thing, "metadata", "annotations") or {}
    default = any(annotations.get(name) == "true" for name in DEFAULT_CLASS)
    yield from heading(thing, namespace=False)
    yield f"IsDefaultClass:\t{'Yes' if default else 'No'}"
    yield f"Annotations:\t{format_labels(annotations)}"
    yield f"Provisioner:\t{text_at(thing, 'provisioner')}"
    yield f"Parameters:\t{format_labels(thing.get('parameters'))}"
    expansion = thing.get("allowVolumeExpansion")
    yield f"AllowVolumeExpansion:\t{UNSET if expansion is None else capital_boolean(expansion)}"
    options = thing.get("mountOptions")
    yield "MountOptions:" if options else f"MountOptions:\t{NONE}"
    for option in options or ():
        yield f"  {option}"
    if thing.get("reclaimPolicy") is not None:
        yield f"ReclaimPolicy:\t{thing['reclaimPolicy']}"
    if thing.get("volumeBindingMode") is not None:
        yield f"VolumeBindingMode:\t{thing['volumeBindingMode']}"
    topologies = thing.get("allowedTopologies")
    if topologies is not None:
        yield "AllowedTopologies:\t" + ("" if topologies else NONE)
    for index, term in enumerate(topologies or ()):
        expressions = [_expression(entry) for entry in term.get("matchLabelExpressions") or ()]
        yield from term_lines(f"Term {index}", expressions, "  ")


def _expression(requirement: dict[str, Any]) -> str:
    text = f"{text_at(requirement, 'key')} in"
    values = requirement.get("values")
    return f"{text} [{', '.join(values)}]" if values else text


def _volume_attributes_class(thing: dict[str, Any], around: Around) -> Iterator[str]:
    del around
    yield from heading(thing, namespace=False)
    yield f"Annotations:\t{format_labels(dig(thing, 'metadata', 'annotations'))}"
    yield f"DriverName:\t{text_at(thing, 'driverName')}"
    yield f"Parameters:\t{format_labels(thing.get('parameters'))}"


def _csi_node(thing: dict[str, Any], around: Around) -> Iterator[str]:
    del around
    yield from heading(thing, namespace=False)
    yield from labels_and_annotations(thing)
    yield f"CreationTimestamp:\t{moment(dig(thing, 'metadata', 'creationTimestamp'))}"
    yield "Spec:"
    drivers = dig(thing, "spec", "drivers")
    if drivers is not None:
        yield "  Drivers:"
    for driver in drivers or ():
        yield f"    {text_at(driver, 'name')}:"
        yield f"      Node ID:\t{text_at(driver, 'nodeID')}"
        count = dig(driver, "allocatable", "count")
        if count is not None:
            yield "      Allocatables:"
            yield f"        Count:\t{count}"
        if driver.get("topologyKeys") is not None:
            yield f"      Topology Keys:\t{go(driver['topologyKeys'])}"


STORAGE_CLASS = Describer("StorageClass", _storage_class, GROUPS)
VOLUME_ATTRIBUTES_CLASS = Describer("VolumeAttributesClass", _volume_attributes_class, GROUPS)
CSI_NODE = Describer("CSINode", _csi_node, GROUPS)
