"""Which lists Kubernetes treats as maps, and what their members are called.

The facts are the merge keys of the built-in kinds (``listType``, ``listMapKeys`` and the older
``patchMergeKey`` of the API). Kubernetes declares some lists atomic that have an obvious identity
all the same (taints, tolerations, owner references, addresses); for a reader of differences they
are keyed too, because their order carries no meaning. Lists whose order does (``args``,
``command``, RBAC rules, search domains) have no row here and are compared by position.

A list is keyed only on evidence in its elements: every element is an object (or a string, for a
set) that has the key, and no two share it. Otherwise the list falls back to positions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Member(str):
    """The name of a list's member, made of its merge key; a ``str`` that is no object key."""

    __slots__ = ()


class MergeKey(NamedTuple):
    """The fields that together name a member of a list."""

    fields: tuple[str, ...]
    separator: str = "/"
    """Between the values of the fields in the member's name."""
    defaults: Mapping[str, str] = {}
    """Fields that may be absent, and what that means; ``""`` leaves the field out of the name."""


_NAME: Final = (MergeKey(("name",)),)
_IP: Final = (MergeKey(("ip",)),)
_UID: Final = (MergeKey(("uid",)),)
_PROTOCOL: Final = {"protocol": "TCP"}

MERGE_KEYS: Final[Mapping[str, tuple[MergeKey, ...]]] = {
    **dict.fromkeys(
        (
            "additionalPrinterColumns",
            "allocatedResourcesStatus",
            "containers",
            "containerStatuses",
            "drivers",
            "env",
            "ephemeralContainers",
            "ephemeralContainerStatuses",
            "httpHeaders",
            "imagePullSecrets",
            "initContainers",
            "initContainerStatuses",
            "matchConditions",
            "options",
            "requests",
            "resourceClaims",
            "resourceClaimStatuses",
            "runtimeHandlers",
            "schedulingGates",
            "secrets",
            "sharedCounters",
            "sysctls",
            "variables",
            "versions",
            "volumeHealth",
            "volumes",
            "volumesAttached",
            "webhooks",
        ),
        _NAME,
    ),
    "active": _UID,
    "addresses": (MergeKey(("type", "address"), ":"), MergeKey(("ip",))),
    "conditions": (MergeKey(("type",)),),
    "devices": (MergeKey(("driver", "pool", "device")), MergeKey(("name",))),
    "endpoints": (MergeKey(("addresses",)),),
    "hostAliases": _IP,
    "hostIPs": _IP,
    "images": (MergeKey(("names",)),),
    "ingress": (MergeKey(("ip",)), MergeKey(("hostname",))),
    "items": (MergeKey(("path",)),),
    "managedFields": (
        MergeKey(("manager", "operation", "apiVersion", "subresource"), ":", {"subresource": ""}),
    ),
    "matchExpressions": (MergeKey(("key", "operator"), ":"),),
    "notReadyAddresses": _IP,
    "ownerReferences": _UID,
    "paths": (MergeKey(("path", "pathType"), ":", {"pathType": ""}),),
    "podIPs": _IP,
    "ports": (
        MergeKey(("containerPort", "protocol"), "/", _PROTOCOL),
        MergeKey(("port", "protocol"), "/", _PROTOCOL),
        MergeKey(("name",)),
    ),
    "readinessGates": (MergeKey(("conditionType",)),),
    "reservedFor": _UID,
    "resizePolicy": (MergeKey(("resourceName",)),),
    "rules": (MergeKey(("host",)),),
    "subjects": (MergeKey(("kind", "namespace", "name"), ":", {"namespace": ""}),),
    "taints": (MergeKey(("key", "effect"), ":"),),
    "tls": (MergeKey(("secretName",)),),
    "tolerations": (
        MergeKey(
            ("key", "operator", "value", "effect"),
            ":",
            {"key": "", "operator": "", "value": "", "effect": ""},
        ),
    ),
    "topologySpreadConstraints": (MergeKey(("topologyKey", "whenUnsatisfiable"), ":"),),
    "volumeClaimTemplates": (MergeKey(("metadata",)),),
    "volumeDevices": (MergeKey(("devicePath",)),),
    "volumeMounts": (MergeKey(("mountPath",)),),
}
"""Field name to the keys to try, the most specific first."""

_ITSELF: Final = MergeKey(())
"""The key of a set: the member is its own name."""

SETS: Final = frozenset({"failed", "finalizers", "succeeded", "volumesInUse"})
"""Lists of strings that Kubernetes treats as sets: a member's name is the string itself."""


def member_names(
    field: str, elements: Sequence[Any], keys: Sequence[str] | None = None
) -> list[str] | None:
    """What the members of the list in ``field`` are called, in their order.

    Args:
        field: the JSON name of the list.
        elements: its members.
        keys: the list's map keys where a schema states them (``x-kubernetes-list-map-keys``).

    Returns:
        Distinct names, or None where the list has to be read by position.
    """
    for key in _candidates(field, keys):
        names = _names(elements, key)
        if names is not None:
            return names
    return None


def key_lists(
    field: str, before: Sequence[Any], after: Sequence[Any], keys: Sequence[str] | None = None
) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """Two lists of one field as maps from ``Member`` to element, by the same merge key.

    Returns:
        The two maps in the order of the lists, or None where no merge key holds on both sides.
    """
    for key in _candidates(field, keys):
        left, right = _names(before, key), _names(after, key)
        if left is not None and right is not None:
            return (
                dict(zip(map(Member, left), before, strict=True)),
                dict(zip(map(Member, right), after, strict=True)),
            )
    return None


def _candidates(field: str, keys: Sequence[str] | None) -> tuple[MergeKey, ...]:
    if keys:
        return (MergeKey(tuple(keys)),)
    return (_ITSELF,) if field in SETS else MERGE_KEYS.get(field, ())


def _names(elements: Sequence[Any], key: MergeKey) -> list[str] | None:
    names: list[str] = []
    for element in elements:
        name = _name(element, key)
        if name is None:
            return None
        names.append(name)
    return names if len(set(names)) == len(names) else None


def _name(element: Any, key: MergeKey) -> str | None:
    if key is _ITSELF:
        return element if isinstance(element, str) else None
    if not isinstance(element, dict):
        return None
    values: list[str] = []
    for field in key.fields:
        value = _scalar(element.get(field, key.defaults.get(field)))
        if value is None:
            return None
        if value or not key.defaults:
            values.append(value)
    return key.separator.join(values)


def _scalar(value: Any) -> str | None:
    """The text of a key's value: a list is known by its first member, metadata by its name."""
    if isinstance(value, list):
        value = value[0] if value else None
    elif isinstance(value, dict):
        value = value.get("name")
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    return str(value)
