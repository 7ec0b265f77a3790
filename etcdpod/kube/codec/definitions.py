"""CustomResourceDefinitions: converts them to v1, and serves custom resources according to them.

They are stored as v1beta1 and shown as v1. Facts: conventions.md section 6A.
"""

from __future__ import annotations

import copy
import re
from typing import TYPE_CHECKING, Any

from etcdpod.kube.codec.structural import apply_defaults, drop_forbidden_nulls, prune

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

GROUP = "apiextensions.k8s.io"
SHARED = {
    "validation": "schema",
    "subresources": "subresources",
    "additionalPrinterColumns": "additionalPrinterColumns",
    "selectableFields": "selectableFields",
}
"""Fields that v1beta1 stores once if all versions agree, and their names in each version of v1."""
VERSION = re.compile(r"v([1-9][0-9]*)(?:(alpha|beta)([1-9][0-9]*))?", re.ASCII)
STAGES = {"alpha": 0, "beta": 1, None: 2}


def to_v1(definition: dict[str, Any]) -> None:
    """Rewrites a v1beta1 definition as v1, in place."""
    definition["apiVersion"] = f"{GROUP}/v1"
    spec = definition.get("spec")
    if not isinstance(spec, dict):
        return
    name = spec.pop("version", None)
    if not spec.get("versions") and name is not None:
        spec["versions"] = [{"name": name, "served": True, "storage": True}]
    shared = {new: spec.pop(old) for old, new in SHARED.items() if old in spec}
    for version in objects(spec.get("versions")):
        for new, value in shared.items():
            version.setdefault(new, value)
        for column in objects(version.get("additionalPrinterColumns")):
            if "JSONPath" in column:
                column["jsonPath"] = column.pop("JSONPath")
    conversion = spec.get("conversion")
    if isinstance(conversion, dict):
        _nest_webhook(conversion)
    # v1beta1 preserves unknown fields by default, v1 does not.
    if spec.setdefault("preserveUnknownFields", True) is False:
        del spec["preserveUnknownFields"]


def part(resource: dict[str, Any], *path: str) -> dict[str, Any]:
    """A nested object, or a detached empty one if there is none."""
    for name in path:
        inner = resource.get(name)
        if not isinstance(inner, dict):
            return {}
        resource = inner
    return resource


def objects(value: Any) -> list[dict[str, Any]]:
    """The objects of a list; anything that is not an object, or not a list, is ignored."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _nest_webhook(conversion: dict[str, Any]) -> None:
    names = {
        "webhookClientConfig": "clientConfig",
        "conversionReviewVersions": "conversionReviewVersions",
    }
    webhook = {new: conversion.pop(old) for old, new in names.items() if old in conversion}
    if webhook and conversion.get("strategy") == "Webhook":
        conversion["webhook"] = webhook


def version_rank(name: str) -> tuple[int, int, int, int]:
    """Orders API versions as Kubernetes prefers them: v2 above v1 above v2beta1."""
    match = VERSION.fullmatch(name)
    if match is None:
        return -1, 0, 0, 0
    major, stage, minor = match.groups()
    return 0, STAGES[stage], int(major), int(minor or 0)


class Definitions:
    """The CustomResourceDefinitions of a registry, read when first needed.

    Args:
        read: returns the definitions, stored or served; called at most once.
    """

    def __init__(self, read: Callable[[], Iterable[dict[str, Any]]] | None) -> None:
        self._read = read
        self._specs: dict[tuple[str, str], dict[str, Any]] | None = None

    def spec(self, group: str, kind: str) -> dict[str, Any] | None:
        """The definition's spec in its v1 shape; None if the registry defines no such kind."""
        if self._specs is None:
            self._specs = {}
            for definition in self._read() if self._read is not None else ():
                if definition.get("apiVersion") == f"{GROUP}/v1beta1":
                    definition = copy.deepcopy(definition)
                    to_v1(definition)
                spec = definition.get("spec")
                if isinstance(spec, dict):
                    self._specs[str(spec.get("group")), str(part(spec, "names").get("kind"))] = spec
        return self._specs.get((group, kind))

    def serve(self, resource: dict[str, Any]) -> None:
        """Converts a custom resource to the form in which it is served, in place.

        A resource that is converted by a webhook keeps its stored version: only the webhook knows
        the other one.
        """
        group, _, stored = str(resource.get("apiVersion", "")).rpartition("/")
        spec = self.spec(group, str(resource.get("kind", "")))
        if spec is None:
            return
        versions = {str(version.get("name")): version for version in objects(spec.get("versions"))}
        self._coerce(resource, spec, versions.get(stored))
        schema = _schema(versions.get(stored))
        apply_defaults(resource, schema)
        served = [name for name, version in versions.items() if version.get("served")]
        if not served or part(spec, "conversion").get("strategy", "None") != "None":
            return
        target = min(sorted(served), key=lambda name: tuple(-part for part in version_rank(name)))
        if target != stored:
            resource["apiVersion"] = f"{group}/{target}"
            self._coerce(resource, spec, versions[target])

    @staticmethod
    def _coerce(
        resource: dict[str, Any], spec: dict[str, Any], version: dict[str, Any] | None
    ) -> None:
        schema = _schema(version)
        if schema is not None and not spec.get("preserveUnknownFields"):
            prune(resource, schema, resource=True)
            drop_forbidden_nulls(resource, schema)
        metadata = resource.get("metadata")
        if isinstance(metadata, dict):
            metadata["generation"] = metadata.get("generation") or 1


def _schema(version: dict[str, Any] | None) -> dict[str, Any] | None:
    schema = part(version or {}, "schema").get("openAPIV3Schema")
    return schema if isinstance(schema, dict) else None
