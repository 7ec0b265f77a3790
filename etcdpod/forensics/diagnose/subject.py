"""An object under examination; its fields serve as evidence."""

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
"""Annotation of a static pod's mirror pod."""

SHOWN: Final = 300
"""Maximum characters quoted from a value."""


@dataclass(frozen=True)
class Subject:
    """An object at a revision.

    Args:
        value: the full object.
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
        """The object's namespace; empty if cluster-scoped."""
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
        """The uids that events use for this object.

        The kubelet uses a node's name, and the manifest hash of a static pod.
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
        """When it should be gone; None if its deletion was not requested."""
        return time_or_none(field(self.value, "metadata", "deletionTimestamp"))

    @property
    def reference(self) -> Reference:
        """The reference used in findings."""
        return Reference(self.kind, self.namespace, self.name)

    def condition(self, kind: str) -> dict[str, Any] | None:
        """A status condition; None if absent."""
        return condition(self.value, kind)

    def is_true(self, kind: str) -> bool:
        """Whether a condition is True."""
        return text(self.condition(kind), "status") == "True"

    def since(self, kind: str) -> datetime | None:
        """The last transition time of a condition."""
        return time_or_none(field(self.condition(kind), "lastTransitionTime"))

    def shows(self, path: str) -> Evidence:
        """A field and its value as evidence; ``absent`` if any part of the path is missing."""
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
