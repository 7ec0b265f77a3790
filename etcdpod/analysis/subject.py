"""An object under examination: its fields as evidence, its containers as the kubelet sees them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, Final

from etcdpod.analysis.finding import Evidence, Finding, Reference, Severity
from etcdpod.history.fields import condition, field, mapping, members, number, text
from etcdpod.history.paths import parse_path, value_at

SHOWN: Final = 300
"""Characters of a value that are quoted."""

CREATING: Final = frozenset({"", "ContainerCreating", "PodInitializing"})
"""Reasons to wait that say only that it has not begun."""


def parse_time(value: Any) -> datetime | None:
    """An RFC 3339 time in UTC; None if it is none."""
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


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
    def created(self) -> datetime | None:
        """When it was created."""
        return parse_time(field(self.value, "metadata", "creationTimestamp"))

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
        return parse_time(field(self.condition(kind), "lastTransitionTime"))

    def shows(self, path: str) -> Evidence:
        """A field as evidence, with what stands in it."""
        found, value = value_at(self.value, parse_path(path))
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
        return Finding(
            rule, severity, self.reference, cause, tuple(evidence), solution, next_check, since
        )


def _quoted(value: Any) -> str:
    if isinstance(value, str):
        shown = value
    else:
        import json

        shown = json.dumps(value, ensure_ascii=False, default=str)
    return shown if len(shown) <= SHOWN else shown[: SHOWN - 1] + "…"


@dataclass(frozen=True)
class Container:
    """One container of a pod: what it should be, and how it is."""

    name: str
    spec: dict[str, Any]
    status: dict[str, Any]
    """Empty while no kubelet has reported."""
    spec_path: str
    path: str
    """Field path of the status; ``spec_path`` is that of what it should be."""
    is_init: bool
    """An init container that has to end; a sidecar is none."""

    @property
    def waiting(self) -> str:
        """Why it waits; empty if it does not, or for no reason but that it begins."""
        reason = text(self.status, "state", "waiting", "reason")
        return "" if reason in CREATING else reason

    @property
    def message(self) -> str:
        """What the kubelet says to that."""
        return text(self.status, "state", "waiting", "message")

    @property
    def is_running(self) -> bool:
        """Whether it runs at this revision."""
        return field(self.status, "state", "running") is not None

    @property
    def restarts(self) -> int:
        """How often it was restarted."""
        return number(self.status, "restartCount")

    @property
    def ended(self) -> dict[str, Any]:
        """How it ended the last time; empty if it never did."""
        now = mapping(self.status, "state", "terminated")
        return now or mapping(self.status, "lastState", "terminated")

    @property
    def ended_path(self) -> str:
        """The field path of that."""
        now = mapping(self.status, "state", "terminated")
        return f"{self.path}.{'state' if now else 'lastState'}.terminated"

    @property
    def exit_code(self) -> int:
        """The exit code of the last run; 0 if there is none."""
        return number(self.ended, "exitCode")

    @property
    def label(self) -> str:
        """``container web`` or ``init container db``."""
        return f"{'init ' if self.is_init else ''}container {self.name}"


@dataclass(frozen=True)
class Pod(Subject):
    """A pod at one revision."""

    @cached_property
    def containers(self) -> list[Container]:
        """All containers: those that initialise first, then the others, then debuggers."""
        return [
            Container(
                name=text(spec, "name"),
                spec=spec,
                status=self._statuses(group).get(text(spec, "name"), {}),
                spec_path=f"spec.{part}[{text(spec, 'name')}]",
                path=f"status.{group}Statuses[{text(spec, 'name')}]",
                is_init=group == "initContainer" and text(spec, "restartPolicy") != "Always",
            )
            for part, group in (("initContainers", "initContainer"), ("containers", "container"))
            for spec in members(self.value, "spec", part)
        ]

    def _statuses(self, group: str) -> dict[str, dict[str, Any]]:
        found = members(self.value, "status", f"{group}Statuses")
        return {text(status, "name"): status for status in found}

    @property
    def phase(self) -> str:
        """``Pending``, ``Running``, ``Succeeded``, ``Failed`` or ``Unknown``."""
        return text(self.value, "status", "phase")

    @property
    def reason(self) -> str:
        """The reason of the pod as a whole."""
        return text(self.value, "status", "reason")

    @property
    def node(self) -> str:
        """The node that it is bound to; empty before."""
        return text(self.value, "spec", "nodeName")

    @property
    def is_leaving(self) -> bool:
        """Whether its deletion was asked for."""
        return bool(text(self.value, "metadata", "deletionTimestamp"))

    @property
    def is_over(self) -> bool:
        """Whether it has run to its end."""
        return self.phase in ("Succeeded", "Failed")

    @property
    def has_begun(self) -> bool:
        """Whether any container ever ran."""
        return any(item.is_running or item.ended for item in self.containers)

    def named(self) -> str:
        """``NS/NAME``, as commands take it."""
        return f"{self.namespace}/{self.name}"


def is_healthy(value: dict[str, Any], now: datetime | None) -> bool:
    """Whether nothing about a pod is worth a second look; reads little, for it is asked of all.

    Args:
        value: the pod; the fields of ``HEALTH`` are enough.
        now: the moment that is asked about.
    """
    metadata, status = mapping(value, "metadata"), mapping(value, "status")
    if text(metadata, "deletionTimestamp"):
        return False
    phase = text(status, "phase")
    if phase == "Succeeded":
        return True
    if phase != "Running" or text(condition(value, "Ready"), "status") != "True":
        return False
    if condition(value, "DisruptionTarget") is not None:
        return False
    return not any(
        _restarted_lately(entry, now)
        for part in ("initContainerStatuses", "containerStatuses")
        for entry in members(status, part)
    )


LATELY: Final = 600
"""Seconds for which a container that came back is not yet trusted: the longest back-off is 300."""


def _restarted_lately(status: dict[str, Any], now: datetime | None) -> bool:
    ended = mapping(status, "lastState", "terminated") or mapping(status, "state", "terminated")
    if not ended or (number(ended, "exitCode") == 0 and not number(status, "restartCount")):
        return False
    finished = parse_time(field(ended, "finishedAt"))
    return now is None or finished is None or (now - finished).total_seconds() < LATELY


_CONTAINER_HEALTH: Final[dict[str, Any]] = {
    "restartCount": {},
    "state": {"terminated": {"exitCode": {}, "finishedAt": {}}},
    "lastState": {"terminated": {"exitCode": {}, "finishedAt": {}}},
}

HEALTH: Final[dict[str, Any]] = {
    "metadata": {"deletionTimestamp": {}},
    "status": {
        "phase": {},
        "conditions": {"type": {}, "status": {}},
        "containerStatuses": _CONTAINER_HEALTH,
        "initContainerStatuses": _CONTAINER_HEALTH,
    },
}
"""The fields of a pod that ``is_healthy`` reads."""
