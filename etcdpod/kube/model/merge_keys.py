"""Which lists Kubernetes treats as maps, and the names of their members.

These are the merge keys of the built-in kinds (``listType``, ``listMapKeys`` and the older
``patchMergeKey`` of the API). Kubernetes declares some lists atomic although their elements have
an obvious identity (taints, tolerations, owner references, addresses); for showing differences
they are keyed too, because their order has no meaning. Lists whose order matters (``args``,
``command``, RBAC rules, search domains) are not listed here and are compared by position.

A list is keyed only if its elements allow it: every element is an object (or a string, for a
set) that has the key, and no two share it. Otherwise positions are used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class ListMember(str):
    """A list member's name, built from its merge key; a ``str`` that is not an object key."""

    __slots__ = ()


class MergeKey(NamedTuple):
    """The fields that together identify a member of a list."""

    fields: tuple[str, ...]
    separator: str = "/"
    """Separator between the fields' values in the member's name."""
    defaults: Mapping[str, str] = {}
    """Fields that may be absent, with their default; ``""`` omits the field from the name."""


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
"""The keys to try for each field name, most specific first."""

_ITSELF: Final = MergeKey(())
"""The key of a set: a member is its own name."""

SETS: Final = frozenset({"failed", "finalizers", "succeeded", "volumesInUse"})
"""Lists of strings that Kubernetes treats as sets: a member's name is the string itself."""


def member_names(
    field: str, elements: Sequence[Any], keys: Sequence[str] | None = None
) -> list[str] | None:
    """The names of the members of the list in ``field``, in list order.

    Args:
        field: the JSON name of the list.
        elements: its members.
        keys: the list's map keys if a schema defines them (``x-kubernetes-list-map-keys``).

    Returns:
        Distinct names, or None if the list must be compared by position.
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
        The two maps in list order, or None if no merge key is valid for both.
    """
    for key in _candidates(field, keys):
        left, right = _names(before, key), _names(after, key)
        if left is not None and right is not None:
            return (
                dict(zip(map(ListMember, left), before, strict=True)),
                dict(zip(map(ListMember, right), after, strict=True)),
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
    """The text of a key's value: of a list, its first member; of metadata, its name."""
    if isinstance(value, list):
        value = value[0] if value else None
    elif isinstance(value, dict):
        value = value.get("name")
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    return str(value)
