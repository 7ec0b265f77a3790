"""A pod's lifecycle: each step with its revision, time and writer.

created → scheduled → sandbox → init containers → images → started → ready → … → terminating →
gone, for each incarnation. A step is dated by the first revision that shows it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from etcdpod.changes import TimeSpan
from etcdpod.forensics.diagnose.pod import Pod
from etcdpod.forensics.explain.stages import STAGES, Stage, reached
from etcdpod.kube.model.fields import field as field_of
from etcdpod.kube.model.fields import mapping, number, text
from etcdpod.kubectl.tables.pod import summarise

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from etcdpod.changes import Step, Writer


NOT_KEPT: Final = "this revision is not kept; the time is creationTimestamp"


@dataclass(frozen=True, slots=True)
class Milestone:
    """One step of the lifecycle."""

    name: str
    """``created``, ``scheduled``, ``sandbox``, ``init NAME``, ``images``, ``started``, ``ready``,
    ``not ready``, ``node lost``, ``stuck``, ``restarted``, ``succeeded``, ``failed``,
    ``terminating``, ``stopped`` or ``gone``."""
    revision: int
    time: TimeSpan | None
    writer: Writer | None
    detail: str = ""
    is_exact: bool = True
    """False: it happened at this revision or before; the time is taken from the object."""


@dataclass(frozen=True, slots=True)
class Restart:
    """A container restart, and how the previous run ended."""

    container: str
    number: int
    """The restart count after it."""
    revision: int
    exit_code: int
    reason: str
    signal: int
    started: str
    """RFC 3339 by the kubelet's clock, like ``finished``; empty if unknown."""
    finished: str


@dataclass(frozen=True, slots=True)
class LifeState:
    """The STATUS column of kubectl from a revision on."""

    revision: int
    time: TimeSpan | None
    status: str
    ready: str
    """``1/2``."""


@dataclass(slots=True)
class Life:
    """One incarnation of a pod."""

    number: int
    uid: str
    milestones: list[Milestone] = field(default_factory=list)
    states: list[LifeState] = field(default_factory=list)
    restarts: list[Restart] = field(default_factory=list)
    first: Step | None = None
    last: Step | None = None
    """The newest revision of the pod before its deletion."""
    before_end: Step | None = None
    """The newest revision before the deletion was requested."""
    is_complete: bool = True
    """False if the first revisions are not kept."""
    end_missing: bool = False
    """The pod is gone, but its deletion is not kept."""

    def milestone(self, name: str) -> Milestone | None:
        """The first step of a name; None if it was not reached."""
        return next((each for each in self.milestones if each.name == name), None)

    def elapsed(self, milestone: Milestone) -> timedelta | None:
        """Time since the first step; None if unknown."""
        return _between(self.milestones[0] if self.milestones else None, milestone)

    @property
    def is_over(self) -> bool:
        """Whether the pod was deleted."""
        return self.end_missing or self.milestone("gone") is not None

    @property
    def stuck_at(self) -> Stage | None:
        """The first stage that the pod has not reached; None if it reached all."""
        if self.last is None or self.last.object is None:
            return None
        pod = Pod(self.last.object, self.last.record.mod_revision)
        return next((stage for stage in STAGES if not reached(stage, pod)), None)


def _between(one: Milestone | None, other: Milestone) -> timedelta | None:
    start = one.time.estimate if one is not None and one.time is not None else None
    end = other.time.estimate if other.time is not None else None
    return None if start is None or end is None else end - start


def lives(steps: Iterable[Step]) -> list[Life]:
    """The lifecycles of all incarnations, oldest first.

    Args:
        steps: the history of one pod from its oldest kept revision on, as returned by
            ``annotate``, up to the revision under examination.
    """
    found: list[Life] = []
    teller: _Teller | None = None
    for step in steps:
        if teller is None or step.incarnation != teller.life.number:
            teller = _Teller(Life(step.incarnation, step.uid))
            found.append(teller.life)
        teller.add(step)
    return found


class _Teller:
    """Builds one incarnation revision by revision."""

    def __init__(self, life: Life) -> None:
        self.life = life
        self._known: set[str] = set()
        self._troubles: set[tuple[str, str]] = set()
        self._was_ready = False
        self._was_lost = False
        self._restarts: dict[str, int] = {}

    def add(self, step: Step) -> None:
        life = self.life
        life.first = life.first or step
        if step.event == "DELETED":
            self._tell("gone", step)
            return
        if step.object is None:
            return
        pod = Pod(step.object, step.record.mod_revision)
        life.uid = life.uid or step.uid
        if life.last is None:
            life.is_complete = step.event == "ADDED"
            self._begin(pod, step)
        life.last = step
        if not pod.is_leaving:
            life.before_end = step
        self._stages(pod, step)
        self._readiness(pod, step)
        self._troubled(pod, step)
        self._restarted(pod, step)
        self._ending(pod, step)
        self._state(step.object, step)

    def _tell(self, name: str, step: Step, detail: str = "", since: datetime | None = None) -> None:
        """Add a step; after a gap only the latest possible revision and the object's own time."""
        revision, known = step.record.mod_revision, step.missing_before == 0
        time_and_writer = (step.time, step.writer) if known else (_second(since) or step.time, None)
        self.life.milestones.append(
            Milestone(name, revision, *time_and_writer, detail, is_exact=known)
        )

    def _begin(self, pod: Pod, step: Step) -> None:
        """Add the creation; if it is not kept, the steps that the oldest revision shows."""
        if self.life.is_complete:
            self._tell("created", step)
            return
        born = step.record.create_revision
        past = [Milestone("created", born, _second(pod.created), None, NOT_KEPT)]
        for stage in STAGES:
            if stage.applies(pod) and stage.is_done(pod):
                self._known.add(stage.name)
                when = _second(pod.since(stage.condition)) if stage.condition else None
                at, detail = step.record.mod_revision, stage.detail(pod)
                past.append(Milestone(stage.name, at, when, None, detail, is_exact=False))
        self.life.milestones += past
        self._was_ready = pod.is_true("Ready")
        self._restarts = {each.name: each.restarts for each in pod.containers}

    def _once(self, name: str, step: Step, detail: str = "", since: datetime | None = None) -> None:
        if name not in self._known:
            self._known.add(name)
            self._tell(name, step, detail, since)

    def _stages(self, pod: Pod, step: Step) -> None:
        for stage in STAGES:
            if stage.name != "ready" and stage.applies(pod) and stage.is_done(pod):
                since = pod.since(stage.condition) if stage.condition else None
                self._once(stage.name, step, stage.detail(pod), since)
        for container in pod.containers:
            done = field_of(container.status, "state", "terminated", "exitCode") == 0
            if container.is_init and done:
                self._once(f"init {container.name}", step)

    def _readiness(self, pod: Pod, step: Step) -> None:
        ready = pod.is_true("Ready")
        lost = not ready and pod.is_true("ContainersReady") and not pod.is_over
        if ready != self._was_ready:
            name = "ready" if ready else "node lost" if lost else "not ready"
            detail = "" if ready else text(pod.condition("Ready"), "message")
            self._tell(name, step, detail, pod.since("Ready"))
        self._was_ready, self._was_lost = ready, lost

    def _troubled(self, pod: Pod, step: Step) -> None:
        for container in pod.containers:
            trouble = (container.name, container.waiting)
            if container.waiting and trouble not in self._troubles:
                self._troubles.add(trouble)
                detail = f"{container.name} {container.waiting}"
                detail += f": {container.message}" if container.message else ""
                self._tell("stuck", step, detail)
        scheduled = pod.condition("PodScheduled")
        if text(scheduled, "status") == "False" and ("", "") not in self._troubles:
            self._troubles.add(("", ""))
            reason, message = (text(scheduled, name) for name in ("reason", "message"))
            self._tell("stuck", step, f"{reason}: {message}" if message else reason)

    def _restarted(self, pod: Pod, step: Step) -> None:
        for container in pod.containers:
            before = self._restarts.get(container.name, 0)
            self._restarts[container.name] = container.restarts
            if container.restarts <= before:
                continue
            ended = mapping(container.status, "lastState", "terminated") or container.ended
            restart = Restart(
                container=container.name,
                number=container.restarts,
                revision=step.record.mod_revision,
                exit_code=number(ended, "exitCode"),
                reason=text(ended, "reason"),
                signal=number(ended, "signal"),
                started=text(ended, "startedAt"),
                finished=text(ended, "finishedAt"),
            )
            self.life.restarts.append(restart)
            self._tell("restarted", step, _restart_detail(restart))

    def _ending(self, pod: Pod, step: Step) -> None:
        if pod.is_over:
            self._once(pod.phase.lower(), step, _end_detail(pod))
        if not pod.is_leaving:
            return
        grace = number(pod.value, "metadata", "deletionGracePeriodSeconds")
        self._once("terminating", step, f"grace {grace} s")
        if pod.has_begun and not any(each.is_running for each in pod.containers):
            self._once("stopped", step)

    def _state(self, value: dict[str, Any], step: Step) -> None:
        try:
            shown = summarise(value)
        except (AttributeError, IndexError, KeyError, TypeError, ValueError):
            return  # malformed: kubectl could not show it
        state = LifeState(
            step.record.mod_revision, step.time, shown.status, f"{shown.ready}/{shown.total}"
        )
        last = self.life.states[-1] if self.life.states else None
        if last is None or (last.status, last.ready) != (state.status, state.ready):
            self.life.states.append(state)


def _second(moment: datetime | None) -> TimeSpan | None:
    """A time from an object, truncated to the second."""
    if moment is None:
        return None
    return TimeSpan(moment, moment + timedelta(seconds=1), moment + timedelta(seconds=0.5))


def _restart_detail(restart: Restart) -> str:
    end = restart.reason or (f"signal {restart.signal}" if restart.signal else "")
    said = f"{end}, exit code {restart.exit_code}" if end else f"exit code {restart.exit_code}"
    return f"{restart.container} #{restart.number}: {said}"


def _end_detail(pod: Pod) -> str:
    message = text(pod.value, "status", "message")
    if pod.reason:
        return f"{pod.reason}: {message}" if message else pod.reason
    codes = [f"{each.name} exit code {each.exit_code}" for each in pod.containers if each.ended]
    return ", ".join(codes)
