"""The columns of admission webhooks and admission policies."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from etcdpod.kubectl.tables.printer import (
    UNSET,
    Printer,
    age_of,
    columns,
    dig,
    fields,
    name_of,
    text_at,
)

if TYPE_CHECKING:
    from datetime import datetime

GROUPS = ("admissionregistration.k8s.io",)


def _webhooks(thing: dict[str, Any], now: datetime) -> list[str]:
    return [name_of(thing), str(len(thing.get("webhooks") or ())), age_of(thing, now)]


MUTATING_WEBHOOKS, VALIDATING_WEBHOOKS = (
    Printer(
        kind=kind,
        groups=GROUPS,
        columns=columns("NAME|WEBHOOKS|AGE"),
        cells=_webhooks,
        projection=fields("webhooks.name"),
    )
    for kind in ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration")
)


def _policy(thing: dict[str, Any], now: datetime, *, rules: str) -> list[str]:
    parameters = dig(thing, "spec", "paramKind")
    shown = UNSET
    if parameters is not None:
        shown = f"{text_at(parameters, 'apiVersion')}/{text_at(parameters, 'kind')}"
    count = len(dig(thing, "spec", rules) or ())
    return [name_of(thing), str(count), shown, age_of(thing, now)]


MUTATING_POLICY, VALIDATING_POLICY = (
    Printer(
        kind=kind,
        groups=GROUPS,
        columns=columns(f"NAME|{rules.upper()}|PARAMKIND|AGE"),
        cells=partial(_policy, rules=rules),
        projection=fields("spec.paramKind", f"spec.{rules}"),
    )
    for kind, rules in (
        ("MutatingAdmissionPolicy", "mutations"),
        ("ValidatingAdmissionPolicy", "validations"),
    )
)


def _policy_binding(thing: dict[str, Any], now: datetime) -> list[str]:
    return [
        name_of(thing),
        text_at(thing, "spec", "policyName"),
        _parameter(dig(thing, "spec", "paramRef")),
        age_of(thing, now),
    ]


def _parameter(reference: dict[str, Any] | None) -> str:
    if reference is None:
        return UNSET
    name = text_at(reference, "name")
    if name:
        return f"{text_at(reference, 'namespace', default='*')}/{name}"
    selector = reference.get("selector")
    return UNSET if selector is None else _go_selector(selector)


def _go_selector(selector: dict[str, Any]) -> str:
    """A LabelSelector as Go's generated code prints the struct, as shown by kubectl."""
    labels = selector.get("matchLabels") or {}
    pairs = "".join(f"{key}: {labels[key]}," for key in sorted(labels))
    expressions = "".join(
        f"LabelSelectorRequirement{{Key:{entry.get('key', '')},"
        f"Operator:{entry.get('operator', '')},Values:[{' '.join(entry.get('values') or ())}],}},"
        for entry in selector.get("matchExpressions") or ()
    )
    return (
        f"&LabelSelector{{MatchLabels:map[string]string{{{pairs}}},"
        f"MatchExpressions:[]LabelSelectorRequirement{{{expressions}}},}}"
    )


MUTATING_POLICY_BINDING, VALIDATING_POLICY_BINDING = (
    Printer(
        kind=kind,
        groups=GROUPS,
        columns=columns("NAME|POLICYNAME|PARAMREF|AGE"),
        cells=_policy_binding,
        projection=fields("spec.policyName", "spec.paramRef"),
    )
    for kind in ("MutatingAdmissionPolicyBinding", "ValidatingAdmissionPolicyBinding")
)
