"""Structural schemas of custom resources: what an API server prunes and which defaults it sets.

On reading, it prunes by the schema of the stored version, applies that schema's defaults, converts
to the served version, and prunes by the schema of that one. Facts: conventions.md section 6B.
"""

from __future__ import annotations

import copy
from typing import Any, TypeAlias

Schema: TypeAlias = "dict[str, Any]"

TYPE_META = frozenset({"apiVersion", "kind", "metadata"})
MAXIMUM_DEPTH = 128
"""Maximum depth; the JSON reader accepts no more."""
PRESERVE = "x-kubernetes-preserve-unknown-fields"
EMBEDDED = "x-kubernetes-embedded-resource"


def _part(schema: Schema, name: str) -> Schema | None:
    """A subschema by its keyword, if there is one."""
    part = schema.get(name)
    return part if isinstance(part, dict) else None


def member_schema(schema: Schema, name: str) -> Schema | None:
    """The schema of an object's member: that of its property, or that of additional properties."""
    properties = _part(schema, "properties") or {}
    own = properties.get(name)
    return own if isinstance(own, dict) else _part(schema, "additionalProperties")


def prune(value: Any, schema: Schema | None, *, resource: bool = False, depth: int = 0) -> None:
    """Removes fields that the schema does not specify, in place.

    Args:
        value: the JSON value.
        schema: its schema; None specifies nothing.
        resource: apiVersion, kind and metadata are kept though no schema specifies them.
        depth: number of enclosing levels.
    """
    if depth > MAXIMUM_DEPTH:
        return
    schema = schema or {}
    if isinstance(value, list):
        for item in value:
            prune(item, _part(schema, "items"), depth=depth + 1)
    elif isinstance(value, dict):
        resource = resource or schema.get(EMBEDDED) is True
        keep_all = schema.get(PRESERVE) is True or schema.get("additionalProperties") is True
        for name in list(value):
            if resource and name in TYPE_META:
                continue
            member = member_schema(schema, name)
            if member is not None:
                prune(value[name], member, depth=depth + 1)
            elif not keep_all:
                del value[name]


def apply_defaults(value: Any, schema: Schema | None, depth: int = 0) -> None:
    """Sets the schema's defaults, in place, for values missing, or null but not nullable."""
    if schema is None or depth > MAXIMUM_DEPTH:
        return
    if isinstance(value, dict):
        for name, member in (_part(schema, "properties") or {}).items():
            missing = name not in value or _forbidden_null(value[name], member)
            if missing and isinstance(member, dict) and "default" in member:
                value[name] = copy.deepcopy(member["default"])
        for name in value:
            member = member_schema(schema, name)
            if _forbidden_null(value[name], member) and member and "default" in member:
                value[name] = copy.deepcopy(member["default"])
            apply_defaults(value[name], member, depth + 1)
    elif isinstance(value, list):
        for item in value:
            apply_defaults(item, _part(schema, "items"), depth + 1)


def drop_forbidden_nulls(value: Any, schema: Schema | None, depth: int = 0) -> None:
    """Removes nulls that the schema forbids and has no default for, in place."""
    if schema is None or depth > MAXIMUM_DEPTH:
        return
    if isinstance(value, dict):
        for name in list(value):
            member = member_schema(schema, name)
            if member is not None and _forbidden_null(value[name], member):
                if "default" not in member:
                    del value[name]
            else:
                drop_forbidden_nulls(value[name], member, depth + 1)
    elif isinstance(value, list):
        for item in value:
            drop_forbidden_nulls(item, _part(schema, "items"), depth + 1)


def _forbidden_null(value: Any, schema: Any) -> bool:
    return value is None and isinstance(schema, dict) and schema.get("nullable") is not True
