"""The kinds that can be requested, by every name that kubectl accepts.

Built-in kinds come from the schema (their short names from ``names``), custom ones from the
registry's own CustomResourceDefinitions.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

from etcdpod.errors import UsageError
from etcdpod.kube.model.names import ALL, GROUP_ORDER, OPENSHIFT_KEYS, SHORT_NAMES
from etcdpod.kube.schema import KindRow, load_kinds

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_VERSION = re.compile(r"v(\d+)(?:(alpha|beta)(\d+))?")


@dataclass(frozen=True, slots=True)
class ResourceType:
    """One kind of object, in kubectl's preferred version."""

    group: str
    """Empty for the core group."""
    version: str
    kind: str
    plural: str
    singular: str
    short_names: tuple[str, ...]
    namespaced: bool
    key_prefixes: tuple[str, ...]
    """Below the registry prefix: ``pods``, ``services/specs``, ``stable.example.com/crontabs``."""
    categories: tuple[str, ...] = ()
    """Names for groups of kinds, such as ``all``."""
    versions: tuple[str, ...] = ()
    """Every known version, including the preferred one."""
    selectable_fields: tuple[str, ...] = ()
    """Fields of a custom kind that ``--field-selector`` supports."""

    @property
    def api_version(self) -> str:
        """``v1``, ``apps/v1``."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def qualified(self) -> str:
        """The unambiguous name: ``pods``, ``deployments.apps``."""
        return f"{self.plural}.{self.group}" if self.group else self.plural


class ResourceTypes:
    """The built-in kinds, and those defined by CustomResourceDefinitions.

    Args:
        definitions: CustomResourceDefinition objects, in any of their versions.
    """

    def __init__(self, definitions: Iterable[dict[str, Any]] = ()) -> None:
        custom = [_custom(definition) for definition in definitions]
        self._types = _builtin() + tuple(found for found in custom if found is not None)

    def all(self) -> tuple[ResourceType, ...]:
        """Every kind; among groups that share a name, in order of precedence."""
        return self._types

    def of_object(self, api_version: str, kind: str) -> ResourceType | None:
        """The kind of an object; None if it is not defined anywhere."""
        group = api_version.rpartition("/")[0]
        return self._by_kind.get((group, kind))

    def resolve(self, text: str) -> ResourceType:
        """Finds a kind by plural, singular, short name or Kind, optionally followed by ``.group``.

        Case is ignored; ``plural.version.group`` selects a version; a prefix of the group is
        enough.

        Raises:
            UsageError: there is no such kind.
        """
        wanted = text.lower()
        name, _, rest = wanted.partition(".")
        candidates = self._by_name.get(name, ())
        if not rest:
            if candidates:
                return candidates[0]
        else:
            found = _in_group(candidates, rest)
            if found is not None:
                return found
        raise UsageError(
            f"no resource type {text!r} is known here",
            next_step="give a kind as kubectl takes it: pods, deploy, plural.group",
        )

    def resolve_all(self, text: str) -> tuple[ResourceType, ...]:
        """The kinds in a comma-separated list; a category such as ``all`` expands to its kinds.

        Raises:
            UsageError: a name is neither a kind nor a category.
        """
        found: dict[ResourceType, None] = {}
        for part in filter(None, text.split(",")):
            members = [kind for kind in self._types if part.lower() in kind.categories]
            found.update(dict.fromkeys(members or [self.resolve(part)]))
        return tuple(found)

    @cached_property
    def _by_kind(self) -> dict[tuple[str, str], ResourceType]:
        return {(found.group, found.kind): found for found in reversed(self._types)}

    @cached_property
    def _by_name(self) -> dict[str, list[ResourceType]]:
        names: dict[str, list[ResourceType]] = {}
        for found in self._types:
            own = (found.plural, found.singular, found.kind.lower())
            for name in dict.fromkeys(own):
                names.setdefault(name, []).append(found)
        for found in self._types:
            for name in found.short_names:
                listed = names.setdefault(name, [])
                if found not in listed:
                    listed.append(found)
        return names


def version_priority(version: str) -> tuple[int, int, int]:
    """Sort key for Kubernetes' version priority: v2, v1, v1beta2, v1beta1, v1alpha1, others."""
    match = _VERSION.fullmatch(version)
    if match is None:
        return (3, 0, 0)
    major, stage, minor = match.groups()
    return ({None: 0, "beta": 1, "alpha": 2}[stage], -int(major), -int(minor or 0))


def _in_group(candidates: Sequence[ResourceType], rest: str) -> ResourceType | None:
    for found in candidates:
        if found.group == rest:
            return found
    version, _, group = rest.partition(".")
    for found in candidates:
        if found.group == group and version in found.versions:
            return replace(found, version=version)
    for found in candidates:
        if found.group.startswith(rest):
            return found
    return None


@cache
def _builtin() -> tuple[ResourceType, ...]:
    rows: dict[tuple[str, str], list[KindRow]] = {}
    for row in load_kinds():
        if row.stored and row.resource:
            rows.setdefault((row.group, row.kind), []).append(row)
    found = [_of_rows(group, kind, versions) for (group, kind), versions in rows.items()]
    return tuple(sorted(found, key=_meant_first))


def _meant_first(found: ResourceType) -> tuple[int, str, str]:
    if found.group in GROUP_ORDER:
        return (GROUP_ORDER.index(found.group), "", found.plural)
    late = found.group == "extensions" or found.group.endswith("openshift.io")
    return (len(GROUP_ORDER) + late, found.group, found.plural)


def _of_rows(group: str, kind: str, rows: list[KindRow]) -> ResourceType:
    rows = sorted(rows, key=lambda row: version_priority(row.version))
    preferred = next((row for row in rows if row.served == "preferred"), rows[0])
    part = OPENSHIFT_KEYS.get(kind, preferred.resource)
    prefixes = dict.fromkeys(row.key_prefix for row in rows if row.key_prefix)
    return ResourceType(
        group=group,
        version=preferred.version,
        kind=kind,
        plural=preferred.resource,
        singular=kind.lower(),
        short_names=SHORT_NAMES.get((group, kind), ()),
        namespaced=preferred.namespaced,
        key_prefixes=tuple(prefixes) or (part,),
        categories=("all",) if (group, kind) in ALL else (),
        versions=tuple(row.version for row in rows),
    )


def _custom(definition: dict[str, Any]) -> ResourceType | None:
    """The kind that a CustomResourceDefinition defines; None if it is incomplete."""
    spec = definition.get("spec") or {}
    names = spec.get("names") or {}
    group, plural, kind = spec.get("group"), names.get("plural"), names.get("kind")
    listed = [version["name"] for version in served_versions(definition)]
    if not (group and plural and kind and listed):
        return None
    versions = sorted(listed, key=version_priority)
    return ResourceType(
        group=group,
        version=versions[0],
        kind=kind,
        plural=plural,
        singular=names.get("singular") or kind.lower(),
        short_names=tuple(names.get("shortNames") or ()),
        namespaced=spec.get("scope") != "Cluster",
        key_prefixes=(f"{group}/{plural}",),
        categories=tuple(names.get("categories") or ()),
        versions=tuple(versions),
        selectable_fields=_selectable_fields(definition, versions[0]),
    )


def _selectable_fields(definition: dict[str, Any], version: str) -> tuple[str, ...]:
    listed = definition["spec"].get("selectableFields") or []
    for entry in served_versions(definition):
        if entry["name"] == version:
            listed = entry.get("selectableFields") or listed
    return tuple(entry.get("jsonPath", "").removeprefix(".") for entry in listed)


def served_versions(definition: dict[str, Any]) -> list[dict[str, Any]]:
    """The served entries of a CustomResourceDefinition's ``spec.versions``; all if none is served.

    A v1beta1 definition may instead have the single ``spec.version``.
    """
    spec = definition.get("spec") or {}
    versions = [entry for entry in spec.get("versions") or () if entry.get("name")]
    if not versions and spec.get("version"):
        return [{"name": spec["version"]}]
    return [entry for entry in versions if entry.get("served", True)] or versions
