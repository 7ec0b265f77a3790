"""The columns of volumes, claims, storage classes and CSI drivers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from etcdpod.kubectl.tables.printer import (
    NONE,
    UNSET,
    Printer,
    age_of,
    boolean,
    columns,
    dig,
    fields,
    name_of,
    text_at,
)

if TYPE_CHECKING:
    from datetime import datetime

ACCESS_MODES = {
    "ReadWriteOnce": "RWO",
    "ReadOnlyMany": "ROX",
    "ReadWriteMany": "RWX",
    "ReadWriteOncePod": "RWOP",
}
CLASS_ANNOTATION = "volume.beta.kubernetes.io/storage-class"
DEFAULT_CLASS_SUFFIX = "/is-default-class"


def _access_modes(modes: list[str] | None) -> str:
    return ",".join(short for mode, short in ACCESS_MODES.items() if mode in (modes or ()))


def _phase(thing: dict[str, Any]) -> str:
    if dig(thing, "metadata", "deletionTimestamp"):
        return "Terminating"
    return text_at(thing, "status", "phase")


def _storage_class_of(thing: dict[str, Any]) -> str:
    annotated = dig(thing, "metadata", "annotations", CLASS_ANNOTATION)
    return str(annotated) if annotated is not None else text_at(thing, "spec", "storageClassName")


def _set(thing: dict[str, Any], field: str) -> str:
    value = dig(thing, "spec", field)
    return UNSET if value is None else str(value)


def _persistent_volume(thing: dict[str, Any], now: datetime) -> list[str]:
    claim = dig(thing, "spec", "claimRef")
    return [
        name_of(thing),
        text_at(thing, "spec", "capacity", "storage", default="0"),
        _access_modes(dig(thing, "spec", "accessModes")),
        text_at(thing, "spec", "persistentVolumeReclaimPolicy"),
        _phase(thing),
        f"{text_at(claim, 'namespace')}/{text_at(claim, 'name')}" if claim else "",
        _storage_class_of(thing),
        _set(thing, "volumeAttributesClassName"),
        text_at(thing, "status", "reason"),
        age_of(thing, now),
        _set(thing, "volumeMode"),
    ]


PERSISTENT_VOLUME = Printer(
    kind="PersistentVolume",
    columns=columns(
        "NAME|CAPACITY|ACCESS MODES|RECLAIM POLICY|STATUS|CLAIM|STORAGECLASS"
        "|VOLUMEATTRIBUTESCLASS|REASON|AGE",
        wide="VOLUMEMODE",
    ),
    cells=_persistent_volume,
    projection=fields(
        "metadata.annotations",
        "spec.capacity",
        "spec.accessModes",
        "spec.persistentVolumeReclaimPolicy",
        "spec.claimRef",
        "spec.storageClassName",
        "spec.volumeAttributesClassName",
        "spec.volumeMode",
        "status.phase",
        "status.reason",
    ),
)


def _persistent_volume_claim(thing: dict[str, Any], now: datetime) -> list[str]:
    volume = text_at(thing, "spec", "volumeName")
    bound = (
        [
            text_at(thing, "status", "capacity", "storage", default="0"),
            _access_modes(dig(thing, "status", "accessModes")),
        ]
        if volume
        else ["", ""]
    )
    return [
        name_of(thing),
        _phase(thing),
        volume,
        *bound,
        _storage_class_of(thing),
        _set(thing, "volumeAttributesClassName"),
        age_of(thing, now),
        _set(thing, "volumeMode"),
    ]


PERSISTENT_VOLUME_CLAIM = Printer(
    kind="PersistentVolumeClaim",
    columns=columns(
        "NAME|STATUS|VOLUME|CAPACITY|ACCESS MODES|STORAGECLASS|VOLUMEATTRIBUTESCLASS|AGE",
        wide="VOLUMEMODE",
    ),
    cells=_persistent_volume_claim,
    projection=fields(
        "metadata.annotations",
        "spec.volumeName",
        "spec.storageClassName",
        "spec.volumeAttributesClassName",
        "spec.volumeMode",
        "status.phase",
        "status.capacity",
        "status.accessModes",
    ),
)


def _name_and_default(thing: dict[str, Any]) -> str:
    annotations: dict[str, str] = dig(thing, "metadata", "annotations") or {}
    default = any(
        key.endswith(DEFAULT_CLASS_SUFFIX) and value == "true" for key, value in annotations.items()
    )
    return f"{name_of(thing)} (default)" if default else name_of(thing)


def _storage_class(thing: dict[str, Any], now: datetime) -> list[str]:
    return [
        _name_and_default(thing),
        text_at(thing, "provisioner"),
        text_at(thing, "reclaimPolicy", default="Delete"),
        text_at(thing, "volumeBindingMode", default="Immediate"),
        boolean(thing.get("allowVolumeExpansion")),
        age_of(thing, now),
    ]


STORAGE_CLASS = Printer(
    kind="StorageClass",
    groups=("storage.k8s.io",),
    columns=columns("NAME|PROVISIONER|RECLAIMPOLICY|VOLUMEBINDINGMODE|ALLOWVOLUMEEXPANSION|AGE"),
    cells=_storage_class,
    projection=fields(
        "metadata.annotations",
        "provisioner",
        "reclaimPolicy",
        "volumeBindingMode",
        "allowVolumeExpansion",
    ),
)


def _volume_attributes_class(thing: dict[str, Any], now: datetime) -> list[str]:
    return [_name_and_default(thing), text_at(thing, "driverName"), age_of(thing, now)]


VOLUME_ATTRIBUTES_CLASS = Printer(
    kind="VolumeAttributesClass",
    groups=("storage.k8s.io",),
    columns=columns("NAME|DRIVERNAME|AGE"),
    cells=_volume_attributes_class,
    projection=fields("metadata.annotations", "driverName"),
)


def _volume_attachment(thing: dict[str, Any], now: datetime) -> list[str]:
    return [
        name_of(thing),
        text_at(thing, "spec", "attacher"),
        text_at(thing, "spec", "source", "persistentVolumeName"),
        text_at(thing, "spec", "nodeName"),
        boolean(dig(thing, "status", "attached")),
        age_of(thing, now),
    ]


VOLUME_ATTACHMENT = Printer(
    kind="VolumeAttachment",
    groups=("storage.k8s.io",),
    columns=columns("NAME|ATTACHER|PV|NODE|ATTACHED|AGE"),
    cells=_volume_attachment,
    projection=fields(
        "spec.attacher", "spec.source.persistentVolumeName", "spec.nodeName", "status.attached"
    ),
)


def _csi_node(thing: dict[str, Any], now: datetime) -> list[str]:
    return [name_of(thing), str(len(dig(thing, "spec", "drivers") or ())), age_of(thing, now)]


CSI_NODE = Printer(
    kind="CSINode",
    groups=("storage.k8s.io",),
    columns=columns("NAME|DRIVERS|AGE"),
    cells=_csi_node,
    projection=fields("spec.drivers.name"),
)


def _csi_driver(thing: dict[str, Any], now: datetime) -> list[str]:
    spec = thing.get("spec") or {}
    attach = spec.get("attachRequired")
    requests = spec.get("tokenRequests")
    audiences = [entry.get("audience", "") for entry in requests or ()]
    return [
        name_of(thing),
        boolean(attach is None or attach),
        boolean(spec.get("podInfoOnMount")),
        boolean(spec.get("storageCapacity")),
        UNSET if requests is None else ",".join(audiences),
        boolean(spec.get("requiresRepublish")),
        ",".join(spec.get("volumeLifecycleModes") or ()) or NONE,
        age_of(thing, now),
    ]


CSI_DRIVER = Printer(
    kind="CSIDriver",
    groups=("storage.k8s.io",),
    columns=columns(
        "NAME|ATTACHREQUIRED|PODINFOONMOUNT|STORAGECAPACITY|TOKENREQUESTS|REQUIRESREPUBLISH"
        "|MODES|AGE"
    ),
    cells=_csi_driver,
    projection=fields(
        "spec.attachRequired",
        "spec.podInfoOnMount",
        "spec.storageCapacity",
        "spec.tokenRequests",
        "spec.requiresRepublish",
        "spec.volumeLifecycleModes",
    ),
)


def _csi_storage_capacity(thing: dict[str, Any], now: datetime) -> list[str]:
    del now
    capacity = thing.get("capacity")
    shown = UNSET if capacity is None else str(capacity)
    return [name_of(thing), text_at(thing, "storageClassName"), shown]


CSI_STORAGE_CAPACITY = Printer(
    kind="CSIStorageCapacity",
    groups=("storage.k8s.io",),
    columns=columns("NAME|STORAGECLASSNAME|CAPACITY"),
    cells=_csi_storage_capacity,
    projection=fields("storageClassName", "capacity"),
)
