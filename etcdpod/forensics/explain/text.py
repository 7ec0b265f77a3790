"""An explained pod as lines of text and as JSON; escapes what it quotes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from etcdpod.forensics.diagnose.text import clock_time, evidence_lines, seconds
from etcdpod.forensics.explain.stages import STAGES
from etcdpod.history.text.diff import one_line
from etcdpod.history.text.fields import time_fields, writer_fields
from etcdpod.history.text.table import who

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime, timedelta

    from etcdpod.changes import TimeSpan, Writer
    from etcdpod.forensics.explain.explain import Explanation
    from etcdpod.forensics.explain.lifecycle import Life, Milestone

SETTLED: Final = frozenset({"Running", "Completed", "Succeeded"})
"""STATUS values of a healthy pod."""

DETAIL: Final = 100
"""Maximum characters of a step's detail on a line; the cause shows it in full."""


def explanation_lines(explanation: Explanation, title: str) -> Iterator[str]:
    """A pod explained: cause, evidence, since, stages, steps, and remedy."""
    life = explanation.life
    yield _heading(life, title)
    yield ""
    yield from _cause(explanation)
    yield f"Way       {' → '.join(_way(life))}"
    if explanation.admitted:
        yield f"Admitted  with {one_line(', '.join(explanation.admitted))} added"
    if explanation.bringer is not None:
        brought = explanation.bringer
        yield one_line(
            f"Brought   by {brought.kind} {brought.name}, revision {brought.revision}: "
            f"{_by(brought.writer)}{brought.summary}"
        )
    yield from _ended(life)
    yield ""
    yield from _steps(life)
    yield from _restarts(life)


def _heading(life: Life, title: str) -> str:
    first, last = life.milestones[0], life.milestones[-1]
    if life.end_missing:
        end = "… deleted, the deletion is not kept"
    elif life.is_over:
        end = f"… {last.revision}   lived {seconds(life.elapsed(last))} s"
    else:
        end = "… alive"
    status = life.states[-1].status if life.states else ""
    shown = "" if life.is_over or not status else f"   {status} {life.states[-1].ready}"
    return one_line(
        f"{title}   incarnation {life.number}   uid {life.uid[:8]}   {first.revision} {end}{shown}"
    )


def _cause(explanation: Explanation) -> Iterator[str]:
    life, findings = explanation.life, explanation.findings
    if not findings:
        yield f"Cause     none: {_unhurt(life)} (as of revision {explanation.judged_at})"
        return
    first = findings[0]
    yield f"Cause     {first.rule}: {one_line(first.cause)}"
    yield from evidence_lines(first, 8, "Evidence  ")
    if first.since is not None:
        yield f"Since     {clock_time(first.since)}{_after_birth(first.since, life)}"
    for other in findings[1:]:
        yield f"Also      {other.rule}: {one_line(other.cause)}"
    yield f"Do        {one_line(first.solution)}"
    yield f"Next      {one_line(first.next_check)}"


def _unhurt(life: Life) -> str:
    """The state of a healthy pod."""
    end = life.milestone("terminating")
    if life.is_over and end is not None and not end.is_exact:
        return "what is kept of it shows nothing wrong"
    if life.is_over:
        return "it was well until its deletion was asked for"
    last = life.states[-1] if life.states else None
    if last is None or last.status in SETTLED:
        return "it is well"
    return f"it is {last.status}, and nothing shows trouble so far"


def _after_birth(moment: datetime, life: Life) -> str:
    created = life.milestone("created")
    if created is None or created.time is None or created.time.estimate is None:
        return ""
    return f", {seconds(moment - created.time.estimate)} s after creation"


def _way(life: Life) -> list[str]:
    """The stages with the seconds since creation; a cross marks where it got stuck."""
    shown = []
    for name in ("created", *(stage.name for stage in STAGES)):
        milestone = life.milestone(name)
        # If the beginning is not kept, a stage reached now may have been reached before.
        if milestone is not None and (life.is_complete or not life.restarts or name != "ready"):
            shown.append(_passed(life, milestone))
    stuck = life.stuck_at
    if stuck is not None and life.milestone(stuck.name) is None:
        shown.append(f"{stuck.name} ✗")
    for name in ("succeeded", "failed", "terminating", "gone"):
        milestone = life.milestone(name)
        if milestone is not None:
            shown.append(_passed(life, milestone))
    return shown


def _passed(life: Life, milestone: Milestone) -> str:
    """``ready 2.0``; for a stage passed in a gap, the latest possible time."""
    elapsed = seconds(life.elapsed(milestone))
    is_bound = not milestone.is_exact and milestone.writer is None and life.is_complete
    return f"{milestone.name} {'≤ ' if is_bound and elapsed else ''}{elapsed}".rstrip()


def _ended(life: Life) -> Iterator[str]:
    end = life.milestone("terminating") or life.milestone("gone")
    if end is None:
        return
    when = f" at {_time(end.time)}" if end.time is not None else ""
    if not end.is_exact:
        gap = "before which revisions are missing"
        yield f"Ended     deletion asked for by revision {end.revision}{when}, {gap}"
        return
    evidence = f": {end.writer.evidence}" if end.writer is not None else ""
    by = who(end.writer) or "unknown"
    yield one_line(f"Ended     deletion asked for{when} by {by}{evidence}")


def _by(writer: Writer | None) -> str:
    if writer is None or writer.certainty == "unknown":
        return ""
    return f"{writer.manager or writer.controller or writer.component}: "


def _steps(life: Life) -> Iterator[str]:
    rows = [
        (
            f"{'' if each.is_exact else '<='}{each.revision}",
            _time(each.time),
            _plus(life.elapsed(each)),
            each.name,
            who(each.writer),
            _cut(one_line(each.detail)),
        )
        for each in life.milestones
    ]
    header = ("REVISION", "TIME (UTC)", "SECONDS", "STEP", "WHO", "")
    widths = [max(len(row[column]) for row in (header, *rows)) for column in range(5)]
    for row in (header, *rows):
        cells = [cell.ljust(width) for cell, width in zip(row[:5], widths, strict=True)]
        yield "  ".join([*cells, row[5]]).rstrip()


def _cut(text: str) -> str:
    return text if len(text) <= DETAIL else text[: DETAIL - 1] + "…"


def _plus(span: timedelta | None) -> str:
    return "" if span is None else f"+{seconds(span)}"


def _restarts(life: Life) -> Iterator[str]:
    if not life.restarts:
        return
    last = life.restarts[-1]
    yield ""
    yield one_line(
        f"restarts: {len(life.restarts)} seen, the last of {last.container} (#{last.number}): "
        f"{last.reason or 'ended'}, exit code {last.exit_code}, "
        f"ran from {last.started} to {last.finished}"
    )


def _time(span: TimeSpan | None) -> str:
    return "" if span is None or span.estimate is None else clock_time(span.estimate)


def explanation_json(explanation: Explanation) -> dict[str, Any]:
    """The JSON form of the explanations."""
    life = explanation.life
    stuck = life.stuck_at
    brought = explanation.bringer
    return {
        "incarnation": life.number,
        "uid": life.uid,
        "complete": life.is_complete,
        "judgedAt": explanation.judged_at,
        "way": [_milestone_json(each, life) for each in life.milestones],
        "stuckAt": stuck.name if stuck is not None and not life.is_over else None,
        "states": [
            {"revision": each.revision, "status": each.status, "ready": each.ready}
            for each in life.states
        ],
        "restarts": [
            {
                "container": each.container,
                "number": each.number,
                "revision": each.revision,
                "exitCode": each.exit_code,
                "reason": each.reason,
                "signal": each.signal,
                "startedAt": each.started,
                "finishedAt": each.finished,
            }
            for each in life.restarts
        ],
        "admitted": explanation.admitted,
        "broughtBy": None
        if brought is None
        else {"kind": brought.kind, "name": brought.name, "revision": brought.revision},
        "findings": [finding.as_json() for finding in explanation.findings],
    }


def _milestone_json(milestone: Milestone, life: Life) -> dict[str, Any]:
    elapsed = life.elapsed(milestone)
    return {
        "step": milestone.name,
        "revision": milestone.revision,
        "exact": milestone.is_exact,
        "time": None if milestone.time is None else time_fields(milestone.time),
        "writer": None if milestone.writer is None else writer_fields(milestone.writer),
        "secondsSinceCreation": elapsed.total_seconds() if elapsed is not None else None,
        "detail": milestone.detail,
    }
