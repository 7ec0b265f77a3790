"""Every type of volume source of pods and PersistentVolumes, and the lines that describe it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from etcdpod.kubectl.describe.describer import by_bytes, go, shortened
from etcdpod.kubectl.describe.fields import dig, text_at
from etcdpod.kubectl.describe.pods.claim_lines import claim_lines
from etcdpod.kubectl.describe.quantities import amount
from etcdpod.kubectl.tables.printer import NONE, UNSET

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LONGEST_ATTRIBUTE: Final = 140


class Row(NamedTuple):
    """One line of a volume source."""

    title: str
    """Includes the colon, if kubectl writes one."""
    field: str
    absent: str
    """The text for an absent field."""


class VolumeSource(NamedTuple):
    """One type of volume."""

    field: str
    """The field that a volume of this type has."""
    says: str
    """The text after ``Type``."""
    rows: tuple[Row, ...] = ()
    more: Callable[[dict[str, Any]], Iterator[str]] | None = None
    """The other lines."""


def _rows(text: str) -> tuple[Row, ...]:
    """Rows from ``Title=field`` words; a field's last character selects the text when absent."""
    signs = {"?": "false", "#": "0", "*": "[]", "&": "nil", "-": NONE, "~": UNSET, "%": "map[]"}
    found = []
    for word in text.split():
        title, _, field = word.partition("=")
        absent = signs.get(field[-1], "")
        name = field.rstrip("".join(signs))
        found.append(Row(title.replace("_", " ") + ":", name, absent))
    return tuple(found)


def row_value(source: dict[str, Any], row: Row) -> str:
    """The value that a line shows of a source."""
    value = dig(source, *row.field.split("."))
    if isinstance(value, dict) and row.absent == "nil":
        return f"&{_struct(value)}"
    return row.absent if value is None else go(value)


def _struct(value: dict[str, Any]) -> str:
    """A reference as Go prints the struct: ``LocalObjectReference{Name:ceph,}``."""
    if "namespace" in value:
        return (
            f"SecretReference{{Name:{text_at(value, 'name')},"
            f"Namespace:{text_at(value, 'namespace')},}}"
        )
    return f"LocalObjectReference{{Name:{text_at(value, 'name')},}}"


def _size_limit(source: dict[str, Any]) -> Iterator[str]:
    limit = amount(source.get("sizeLimit"))
    yield f"SizeLimit:\t{limit if limit.value > 0 else UNSET}"


def _projected(source: dict[str, Any]) -> Iterator[str]:
    for part in source.get("sources") or ():
        if part.get("secret") is not None:
            yield from _named("SecretName", part["secret"])
        elif part.get("downwardAPI") is not None:
            yield "DownwardAPI:\ttrue"
        elif part.get("configMap") is not None:
            yield from _named("ConfigMapName", part["configMap"])
        elif part.get("serviceAccountToken") is not None:
            seconds = part["serviceAccountToken"].get("expirationSeconds") or 0
            yield f"TokenExpirationSeconds:\t{seconds}"


def _named(title: str, part: dict[str, Any]) -> Iterator[str]:
    yield f"{title}:\t{text_at(part, 'name')}"
    yield f"Optional:\t{go(bool(part.get('optional')))}"


def _downward(source: dict[str, Any]) -> Iterator[str]:
    yield "Items:"
    for item in source.get("items") or ():
        for reference, field in (("fieldRef", "fieldPath"), ("resourceFieldRef", "resource")):
            if item.get(reference) is not None:
                yield f"  {text_at(item, reference, field)} -> {text_at(item, 'path')}"


def _attributes(source: dict[str, Any]) -> Iterator[str]:
    attributes = source.get("volumeAttributes") or {}
    title = "VolumeAttributes:"
    for key in by_bytes(attributes):
        # From the second on, kubectl indents both before and after the tab.
        yield f"{title}\t    " + shortened(f"{key}={attributes[key]}", LONGEST_ATTRIBUTE)
        title = "    "
    if not attributes:
        yield f"{title}\t{NONE}"


def _world_wide_names(source: dict[str, Any]) -> Iterator[str]:
    yield f"TargetWWNs:\t{', '.join(source.get('targetWWNs') or ())}"
    for row in _rows("LUN=lun- FSType=fsType ReadOnly=readOnly?"):
        yield f"{row.title}\t{row_value(source, row)}"


def _claim_template(source: dict[str, Any]) -> Iterator[str]:
    template = source.get("volumeClaimTemplate")
    if template is not None:
        yield from claim_lines(template, None)


_ISCSI: Final = (
    *_rows("TargetPortal=targetPortal IQN=iqn Lun=lun#"),
    Row("ISCSIInterface", "iscsiInterface", ""),
    *_rows(
        "FSType=fsType ReadOnly=readOnly? Portals=portals* DiscoveryCHAPAuth=chapAuthDiscovery? "
        "SessionCHAPAuth=chapAuthSession? SecretRef=secretRef& InitiatorName=initiatorName-"
    ),
)
_SCALE_IO: Final = (
    "Gateway=gateway System=system Protection_Domain=protectionDomain Storage_Pool=storagePool "
    "Storage_Mode=storageMode VolumeName=volumeName"
)

_SHARED: Final = (
    VolumeSource(
        "hostPath",
        "HostPath (bare host directory volume)",
        _rows("Path=path HostPathType=type-"),
    ),
    VolumeSource(
        "gcePersistentDisk",
        "GCEPersistentDisk (a Persistent Disk resource in Google Compute Engine)",
        _rows("PDName=pdName FSType=fsType Partition=partition# ReadOnly=readOnly?"),
    ),
    VolumeSource(
        "awsElasticBlockStore",
        "AWSElasticBlockStore (a Persistent Disk resource in AWS)",
        _rows("VolumeID=volumeID FSType=fsType Partition=partition# ReadOnly=readOnly?"),
    ),
    VolumeSource(
        "nfs",
        "NFS (an NFS mount that lasts the lifetime of a pod)",
        _rows("Server=server Path=path ReadOnly=readOnly?"),
    ),
    VolumeSource(
        "iscsi",
        "ISCSI (an ISCSI Disk resource that is attached to a kubelet's host machine "
        "and then exposed to the pod)",
        _ISCSI,
    ),
    VolumeSource(
        "rbd",
        "RBD (a Rados Block Device mount on the host that shares a pod's lifetime)",
        _rows(
            "CephMonitors=monitors* RBDImage=image FSType=fsType RBDPool=pool RadosUser=user "
            "Keyring=keyring SecretRef=secretRef& ReadOnly=readOnly?"
        ),
    ),
    VolumeSource(
        "quobyte",
        "Quobyte (a Quobyte mount on the host that shares a pod's lifetime)",
        _rows("Registry=registry Volume=volume ReadOnly=readOnly?"),
    ),
    VolumeSource(
        "azureDisk",
        "AzureDisk (an Azure Data Disk mount on the host and bind mount to the pod)",
        (
            *_rows("DiskName=diskName DiskURI=diskURI"),
            Row("Kind: ", "kind", ""),
            *_rows("FSType=fsType CachingMode=cachingMode ReadOnly=readOnly?"),
        ),
    ),
    VolumeSource(
        "vsphereVolume",
        "vSphereVolume (a Persistent Disk resource in vSphere)",
        _rows("VolumePath=volumePath FSType=fsType StoragePolicyName=storagePolicyName"),
    ),
    VolumeSource(
        "cinder",
        "Cinder (a Persistent Disk resource in OpenStack)",
        _rows("VolumeID=volumeID FSType=fsType ReadOnly=readOnly? SecretRef=secretRef&"),
    ),
    VolumeSource(
        "photonPersistentDisk",
        "PhotonPersistentDisk (a Persistent Disk resource in photon platform)",
        _rows("PdID=pdID FSType=fsType"),
    ),
    VolumeSource(
        "portworxVolume",
        "PortworxVolume (a Portworx Volume resource)",
        _rows("VolumeID=volumeID"),
    ),
    VolumeSource(
        "cephfs",
        "CephFS (a CephFS mount on the host that shares a pod's lifetime)",
        _rows(
            "Monitors=monitors* Path=path User=user SecretFile=secretFile SecretRef=secretRef& "
            "ReadOnly=readOnly?"
        ),
    ),
    VolumeSource(
        "storageos",
        "StorageOS (a StorageOS Persistent Disk resource)",
        _rows(
            "VolumeName=volumeName VolumeNamespace=volumeNamespace FSType=fsType ReadOnly=readOnly?"
        ),
    ),
    VolumeSource("fc", "FC (a Fibre Channel disk)", more=_world_wide_names),
    VolumeSource(
        "flexVolume",
        "FlexVolume (a generic volume resource that is provisioned/attached using "
        "an exec based plugin)",
        _rows(
            "Driver=driver FSType=fsType SecretRef=secretRef& ReadOnly=readOnly? Options=options%"
        ),
    ),
    VolumeSource(
        "flocker",
        "Flocker (a Flocker volume mounted by the Flocker agent)",
        _rows("DatasetName=datasetName DatasetUUID=datasetUUID"),
    ),
)
"""Types with the same lines in pods and PersistentVolumes; a volume has only one source."""

POD_SOURCES: Final = (
    *_SHARED,
    VolumeSource(
        "emptyDir",
        "EmptyDir (a temporary directory that shares a pod's lifetime)",
        _rows("Medium=medium"),
        _size_limit,
    ),
    VolumeSource(
        "gitRepo",
        "GitRepo (a volume that is pulled from git when the pod is created)",
        _rows("Repository=repository Revision=revision"),
    ),
    VolumeSource(
        "secret",
        "Secret (a volume populated by a Secret)",
        _rows("SecretName=secretName Optional=optional?"),
    ),
    VolumeSource(
        "configMap",
        "ConfigMap (a volume populated by a ConfigMap)",
        _rows("Name=name Optional=optional?"),
    ),
    VolumeSource(
        "glusterfs",
        "Glusterfs (a Glusterfs mount on the host that shares a pod's lifetime)",
        _rows("EndpointsName=endpoints Path=path ReadOnly=readOnly?"),
    ),
    VolumeSource(
        "persistentVolumeClaim",
        "PersistentVolumeClaim (a reference to a PersistentVolumeClaim in the same namespace)",
        _rows("ClaimName=claimName ReadOnly=readOnly?"),
    ),
    VolumeSource(
        "ephemeral",
        "EphemeralVolume (an inline specification for a volume that gets created and deleted "
        "with the pod)",
        more=_claim_template,
    ),
    VolumeSource(
        "downwardAPI",
        "DownwardAPI (a volume populated by information about the pod)",
        more=_downward,
    ),
    VolumeSource(
        "scaleIO",
        "ScaleIO (a persistent volume backed by a block device in ScaleIO)",
        _rows(f"{_SCALE_IO} FSType=fsType ReadOnly=readOnly?"),
    ),
    VolumeSource(
        "azureFile",
        "AzureFile (an Azure File Service mount on the host and bind mount to the pod)",
        _rows("SecretName=secretName ShareName=shareName ReadOnly=readOnly?"),
    ),
    VolumeSource(
        "projected",
        "Projected (a volume that contains injected data from multiple sources)",
        more=_projected,
    ),
    VolumeSource(
        "csi",
        "CSI (a Container Storage Interface (CSI) volume source)",
        _rows("Driver=driver FSType=fsType ReadOnly=readOnly?"),
        _attributes,
    ),
    VolumeSource(
        "image",
        "Image (a container image or OCI artifact)",
        _rows("Reference=reference PullPolicy=pullPolicy"),
    ),
)

PERSISTENT_SOURCES: Final = (
    *_SHARED,
    VolumeSource(
        "glusterfs",
        "Glusterfs (a Glusterfs mount on the host that shares a pod's lifetime)",
        _rows(
            "EndpointsName=endpoints EndpointsNamespace=endpointsNamespace~ Path=path "
            "ReadOnly=readOnly?"
        ),
    ),
    VolumeSource(
        "scaleIO",
        "ScaleIO (a persistent volume backed by a block device in ScaleIO)",
        _rows(
            f"{_SCALE_IO} SecretName=secretRef.name SecretNamespace=secretRef.namespace "
            "FSType=fsType ReadOnly=readOnly?"
        ),
    ),
    VolumeSource(
        "local",
        "LocalVolume (a persistent volume backed by local storage on a node)",
        _rows("Path=path"),
    ),
    VolumeSource(
        "azureFile",
        "AzureFile (an Azure File Service mount on the host and bind mount to the pod)",
        _rows(
            "SecretName=secretName SecretNamespace=secretNamespace ShareName=shareName "
            "ReadOnly=readOnly?"
        ),
    ),
    VolumeSource(
        "csi",
        "CSI (a Container Storage Interface (CSI) volume source)",
        _rows("Driver=driver FSType=fsType VolumeHandle=volumeHandle ReadOnly=readOnly?"),
        _attributes,
    ),
)
