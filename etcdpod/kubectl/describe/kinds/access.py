"""Roles and bindings: each resource with the verbs allowed on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from etcdpod.kubectl.describe.describer import Describer, heading, labels_and_annotations
from etcdpod.kubectl.describe.fields import dig, text_at

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from etcdpod.kubectl.describe.describer import Around

GROUPS: Final = ("rbac.authorization.k8s.io",)


class PolicyRule(NamedTuple):
    """The verbs allowed on one resource, or at one URL."""

    verbs: tuple[str, ...]
    group: str | None
    resource: str | None
    name: str | None
    url: str | None

    @property
    def order(self) -> bytes:
        """Sort key: the structure as Go prints it, which starts with the verbs."""
        parts = (
            ("Verbs", " ".join(self.verbs)),
            ("APIGroups", self.group),
            ("Resources", self.resource),
            ("ResourceNames", self.name),
            ("NonResourceURLs", self.url),
        )
        text = "".join(f"{title}:[{value or ''}]," for title, value in parts)
        return f"&PolicyRule{{{text}}}".encode()


def _role(thing: dict[str, Any], around: Around) -> Iterator[str]:
    del around
    yield from heading(thing, namespace=False)
    yield from labels_and_annotations(thing)
    yield "PolicyRule:"
    yield "  Resources\tNon-Resource URLs\tResource Names\tVerbs"
    yield "  ---------\t-----------------\t--------------\t-----"
    for rule in compact(thing.get("rules") or ()):
        cells = (f"[{rule.url or ''}]", f"[{rule.name or ''}]", f"[{' '.join(rule.verbs)}]")
        yield "  " + "\t".join((_resource(rule), *cells))


def compact(rules: Iterable[dict[str, Any]]) -> list[PolicyRule]:
    """One rule per resource, with all its verbs, and one per verb at a URL."""
    by_resource: dict[tuple[str, str, str | None], dict[str, None]] = {}
    found: list[PolicyRule] = []
    for rule in rules:
        verbs = rule.get("verbs") or ()
        for group in rule.get("apiGroups") or ():
            for resource in rule.get("resources") or ():
                for name in rule.get("resourceNames") or (None,):
                    known = by_resource.setdefault((group, resource, name), {})
                    known.update(dict.fromkeys(verbs))
        for url in rule.get("nonResourceURLs") or ():
            found += [PolicyRule((verb,), None, None, None, url) for verb in verbs]
    found += [PolicyRule(tuple(verbs), *key, None) for key, verbs in by_resource.items() if verbs]
    return sorted(found, key=lambda rule: rule.order)


def _resource(rule: PolicyRule) -> str:
    """``deployments.apps/scale``."""
    if rule.resource is None:
        return ""
    name, slash, part = rule.resource.partition("/")
    return (f"{name}.{rule.group}" if rule.group else name) + slash + part


def _binding(thing: dict[str, Any], around: Around) -> Iterator[str]:
    del around
    yield from heading(thing, namespace=False)
    yield from labels_and_annotations(thing)
    yield "Role:"
    yield f"  Kind:\t{text_at(dig(thing, 'roleRef'), 'kind')}"
    yield f"  Name:\t{text_at(dig(thing, 'roleRef'), 'name')}"
    yield "Subjects:"
    yield "  Kind\tName\tNamespace"
    yield "  ----\t----\t---------"
    for subject in thing.get("subjects") or ():
        cells = (text_at(subject, field) for field in ("kind", "name", "namespace"))
        yield "  " + "\t".join(cells)


ROLE = Describer("Role", _role, GROUPS, events="")
CLUSTER_ROLE = Describer("ClusterRole", _role, GROUPS, events="")
ROLE_BINDING = Describer("RoleBinding", _binding, GROUPS, events="")
CLUSTER_ROLE_BINDING = Describer("ClusterRoleBinding", _binding, GROUPS, events="")
