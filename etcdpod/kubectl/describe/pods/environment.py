"""The environment of a container: values, and the sources of values."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

from etcdpod.kube.model.quantity import parse_quantity
from etcdpod.kubectl.describe.describer import boolean
from etcdpod.kubectl.describe.fields import dig, text_at
from etcdpod.kubectl.tables.printer import NONE

if TYPE_CHECKING:
    from collections.abc import Iterator

LOOKED_UP: Final = ("metadata.name", "metadata.namespace")

NODE_ALLOCATABLE: Final = "node allocatable"
"""The value shown for the limit of a container that has none."""


def environment_sources(container: dict[str, Any]) -> Iterator[str]:
    """The ConfigMaps and Secrets of which every key becomes a variable."""
    sources = container.get("envFrom")
    if not sources:
        return
    yield "Environment Variables from:"
    for source in sources:
        kind, reference = "", None
        for field, name in (("configMapRef", "ConfigMap"), ("secretRef", "Secret")):
            if reference is None and source.get(field) is not None:
                kind, reference = name, source[field]
        if source.get("prefix"):
            kind += f" with prefix '{source['prefix']}'"
        yield f"  {text_at(reference, 'name')}\t{kind}\tOptional: {_optional(reference)}"


def environment_lines(container: dict[str, Any], pod: dict[str, Any] | None) -> Iterator[str]:
    """The variables of a container; references to pod fields are resolved if there is a pod."""
    variables = container.get("env")
    yield "Environment:" if variables else f"Environment:\t{NONE}"
    for variable in variables or ():
        yield from (f"  {line}" for line in _variable(variable, container, pod))


def _variable(
    variable: dict[str, Any], container: dict[str, Any], pod: dict[str, Any] | None
) -> Iterator[str]:
    name, source = text_at(variable, "name"), variable.get("valueFrom")
    if source is None:
        first, *rest = text_at(variable, "value").split("\n")
        yield f"{name}:\t{first}"
        for line in rest:
            yield f"\t{line}"
    elif source.get("fieldRef") is not None:
        reference = source["fieldRef"]
        path = text_at(reference, "fieldPath")
        value = "" if pod is None else _field(pod, path)
        yield f"{name}:\t{value} ({text_at(reference, 'apiVersion')}:{path})"
    elif source.get("resourceFieldRef") is not None:
        reference = source["resourceFieldRef"]
        yield f"{name}:\t{_resource(reference, container)} ({text_at(reference, 'resource')})"
    elif source.get("secretKeyRef") is not None:
        yield f"{name}:\t{_set_to(source['secretKeyRef'], 'in secret')}"
    elif source.get("configMapKeyRef") is not None:
        yield f"{name}:\t{_set_to(source['configMapKeyRef'], 'of config map')}"


def _set_to(reference: dict[str, Any], where: str) -> str:
    key, name = text_at(reference, "key"), text_at(reference, "name")
    return f"<set to the key '{key}' {where} '{name}'>\tOptional: {_optional(reference)}"


def _optional(reference: dict[str, Any] | None) -> str:
    return boolean(dig(reference, "optional"))


def _field(pod: dict[str, Any], path: str) -> str:
    """The two fields that kubectl resolves; empty for all others."""
    return text_at(pod, *path.split(".")) if path in LOOKED_UP else ""


def _resource(reference: dict[str, Any], container: dict[str, Any]) -> str:
    """A limit or a request in units of the divisor, rounded up."""
    resource = text_at(reference, "resource")
    part, _, name = resource.partition(".")
    if part not in ("limits", "requests") or name not in ("cpu", "memory", "ephemeral-storage"):
        return ""
    amount = _amount(dig(container, "resources", part, name), 0)
    divisor = _amount(reference.get("divisor"), 0) or Fraction(1)
    text = str(-(-amount // divisor))
    unlimited = text == "0" and resource in ("limits.cpu", "limits.memory")
    return NODE_ALLOCATABLE if unlimited else text


def _amount(value: Any, default: int) -> Fraction:
    amount = None if value is None else parse_quantity(str(value))
    return Fraction(default) if amount is None else amount
