"""What the schema records besides the wire format: facts about fields, messages and kinds."""

from __future__ import annotations

from typing import NamedTuple


class Field(NamedTuple):
    """One field of a message and how it appears in the JSON."""

    number: int
    name: str
    """As in the descriptor; it may be a Python keyword (``continue``, ``from``)."""
    json_name: str
    label: str
    """``optional``, ``repeated`` or ``map`` (whose keys are strings)."""
    type: str
    """A scalar type's name or a message's full name; for a map, that of its values."""
    rule: str = "opt"
    """When it appears: ``opt``, ``zero``, ``struct``, ``null``, ``omitzero``, ``inline``,
    ``special``; see proto/etcdpod/options.proto."""
    pointer: bool = False
    """A scalar that is shown whenever it is present, whatever its value."""
    first: str = ""
    """First Kubernetes release with this field; empty for 1.17 and before."""
    last: str = ""
    """Last Kubernetes release with this field; empty for the newest known."""

    @property
    def is_message(self) -> bool:
        """Whether the type is a message (message names are qualified, scalars are not)."""
        return "." in self.type


class Message(NamedTuple):
    """One message and the form of its JSON."""

    full_name: str
    json_form: str
    """``object``, or the special form: ``time``, ``quantity``, ``rawjson``, …"""
    type_meta: bool
    """apiVersion and kind are part of its JSON but not of its bytes."""
    fields: tuple[Field, ...]
    """Ordered by field number."""


class KindRow(NamedTuple):
    """A combination of apiVersion and kind, in Kubernetes 1.17 to 1.37 or OpenShift."""

    api_version: str
    kind: str
    message: str
    """Full name of the protobuf message."""
    resource: str
    """Lower-case plural; empty for lists and options."""
    namespaced: bool
    stored: bool
    """It can be stored in etcd."""
    key_prefix: str
    """Below the registry prefix: ``pods``, ``services/specs``; empty if unknown or not stored."""
    storage_version: str
    """The apiVersion that an API server of release 1.36 writes; empty if it lacks the kind."""
    served: str
    """How an API server of release 1.36 serves it: ``preferred``, ``yes`` or ``no``."""
    introduced: str = ""
    removed: str = ""
    first: str = ""
    """First release, since 1.17, whose schema has the message; empty if unknown."""
    last: str = ""

    @property
    def group(self) -> str:
        """The API group; empty for the core group."""
        return self.api_version.rpartition("/")[0]

    @property
    def version(self) -> str:
        """The version inside the group."""
        return self.api_version.rpartition("/")[2]
