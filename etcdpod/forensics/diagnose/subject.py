"""An object under examination: its fields as evidence for what is found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from etcdpod.errors import UsageError
from etcdpod.forensics.diagnose.model import Evidence, Finding, Reference, Severity
from etcdpod.kube.model.fields import condition, field, text
from etcdpod.kube.model.paths import parse_path, value_at
from etcdpod.times import time_or_none

if TYPE_CHECKING:
    from datetime import datetime

MIRROR: Final = "kubernetes.io/config.mirror"
"""Annotation of the API object that stands for a static pod."""

SHOWN: Final = 300
"""Characters of a value that are quoted."""


@dataclass(frozen=True)
class Subject:
    """One object at one revision.

    Args:
        value: the object, in full.
        revision: its main revision.
    """

    value: dict[str, Any]
    revision: int

    @property
    def kind(self) -> str:
        """The object's kind."""
        return text(self.value, "kind")

    @property
    def namespace(self) -> str:
        """The object's namespace; empty for one of the whole cluster."""
        return text(self.value, "metadata", "namespace")

    @property
    def name(self) -> str:
        """The object's name."""
        return text(self.value, "metadata", "name")

    @property
    def uid(self) -> str:
        """The object's uid."""
        return text(self.value, "metadata", "uid")

    @property
    def event_uids(self) -> frozenset[str]:
        """The uids by which events name this object.

        The kubelet names a node by its name, and a static pod by the hash of its manifest.
        """
        if not self.uid:
            return frozenset()
        mirrored = text(self.value, "metadata", "annotations", MIRROR)
        also = self.name if self.kind == "Node" else mirrored
        return frozenset({self.uid, also} - {""})

    @property
    def created(self) -> datetime | None:
        """When it was created."""
        return time_or_none(field(self.value, "metadata", "creationTimestamp"))

    @property
    def ends(self) -> datetime | None:
        """The moment from which on it should be gone; None where nobody asked for that."""
        return time_or_none(field(self.value, "metadata", "deletionTimestamp"))

    @property
    def reference(self) -> Reference:
        """What findings call it."""
        return Reference(self.kind, self.namespace, self.name)

    def condition(self, kind: str) -> dict[str, Any] | None:
        """A condition of its status; None without one."""
        return condition(self.value, kind)

    def is_true(self, kind: str) -> bool:
        """Whether a condition is there and True."""
        return text(self.condition(kind), "status") == "True"

    def since(self, kind: str) -> datetime | None:
        """When a condition last changed its status."""
        return time_or_none(field(self.condition(kind), "lastTransitionTime"))

    def shows(self, path: str) -> Evidence:
        """A field as evidence, with what stands in it; absent, too, if a name in it is none."""
        try:
            found, value = value_at(self.value, parse_path(path))
        except UsageError:
            found, value = False, None
        says = _quoted(value) if found else "absent"
        return Evidence(self.kind, self.namespace, self.name, self.revision, field=path, says=says)

    def finding(
        self,
        rule: str,
        severity: Severity,
        cause: str,
        evidence: list[Evidence],
        *,
        solution: str,
        next_check: str,
        since: datetime | None,
    ) -> Finding:
        """A finding about this object."""
        shown = tuple(dict.fromkeys(evidence))
        return Finding(rule, severity, self.reference, cause, shown, solution, next_check, since)


def _quoted(value: Any) -> str:
    if isinstance(value, str):
        shown = value
    else:
        import json

        shown = json.dumps(value, ensure_ascii=False, default=str)
    return shown if len(shown) <= SHOWN else shown[: SHOWN - 1] + "…"
