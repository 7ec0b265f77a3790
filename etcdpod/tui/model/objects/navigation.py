"""From names to places: kinds by any of their names, owners of objects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from etcdpod.errors import UsageError
from etcdpod.kube.model.fields import members, owner_of
from etcdpod.tui.model.viewed_object import ViewedObject, read_viewed

if TYPE_CHECKING:
    from etcdpod.tui.model.browser_state import BrowserState
    from etcdpod.tui.model.objects.catalog import Catalog, Kind


def find_kind(state: BrowserState, text: str) -> Kind:
    """Find a kind by its label or any name that kubectl accepts.

    Raises:
        UsageError: there is no such kind.
    """
    wanted = text.strip().lower()
    for kind in state.catalog.kinds:
        if kind.label.lower() == wanted:
            return kind
    resource = state.registry.resolve(wanted)
    return state.catalog.kind_of_resource(resource)


@dataclass(frozen=True, slots=True)
class JumpTarget:
    """What a user typed after ``:``."""

    kind: Kind
    namespace: str | None
    """Empty: all namespaces; None: unchanged."""


def parse_jump(state: BrowserState, text: str) -> JumpTarget:
    """``po``, ``deploy shop``, ``po all``: a kind, and maybe a namespace.

    Raises:
        UsageError: there is no such kind.
    """
    kind, _, namespace = text.strip().partition(" ")
    namespace = namespace.strip()
    chosen = "" if namespace in ("all", "-A") else namespace
    return JumpTarget(find_kind(state, kind), chosen if namespace else None)


def kind_names(catalog: Catalog) -> list[str]:
    """All names of the kinds that have objects."""
    names: list[str] = []
    for kind in catalog.kinds:
        names.append(kind.label)
        if kind.resource is not None:
            names += [kind.resource.plural, kind.resource.singular, *kind.resource.short_names]
    return names


@dataclass(frozen=True, slots=True)
class ObjectLocation:
    """Where an object is stored."""

    kind: Kind
    namespace: str
    name: str
    key: bytes

    def subject(self, state: BrowserState, at: int | None) -> ViewedObject:
        """The object as of a revision."""
        kind = self.kind.resource.kind if self.kind.resource is not None else ""
        return ViewedObject(state, self.key, at, self.namespace, self.name, kind)


def owner_location(subject: ViewedObject) -> ObjectLocation:
    """Locate the owner of an object.

    Raises:
        UsageError: it has none, or the owner is of a kind that is not known.
    """
    item = read_viewed(subject)
    reference = _reference(item.object if item is not None else None)
    if reference is None:
        raise UsageError(f"{subject.name} has no owner")
    kind, group = str(reference.get("kind")), str(reference.get("apiVersion"))
    return locate(
        subject.state, kind, subject.namespace, str(reference.get("name")), api_version=group
    )


def locate(
    state: BrowserState, kind: str, namespace: str, name: str, *, api_version: str = ""
) -> ObjectLocation:
    """Locate an object from a reference in another object.

    Raises:
        UsageError: its kind is not known here, or no revision of it is kept.
    """
    types = state.registry.types
    resource = types.of_object(api_version, kind) if api_version else types.resolve(kind)
    if resource is None:
        raise UsageError(f"unknown kind {api_version} {kind}")
    namespace = namespace if resource.namespaced else ""
    keys = state.registry.keys(resource, namespace or None, name)
    key = next((key for key in keys if state.ledger.number(key) is not None), None)
    if key is None:
        raise UsageError(f"{resource.singular} {name} is not in this source")
    return ObjectLocation(state.catalog.kind_of_resource(resource), namespace, name, key)


def _reference(value: dict[str, Any] | None) -> dict[str, Any] | None:
    """The controlling owner; else the object that an event is about; else any owner."""
    if value is None:
        return None
    about = value.get("involvedObject") or value.get("regarding")
    if isinstance(about, dict):
        return about
    owner = owner_of(value)
    return owner or next(iter(members(value, "metadata", "ownerReferences")), None)
