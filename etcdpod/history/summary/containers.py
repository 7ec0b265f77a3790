"""What happened to the containers of a pod, from their statuses."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from etcdpod.history.summary.brief import ARROW, brief, by_name, named
from etcdpod.history.summary.template import image_moved
from etcdpod.kube.model.fields import field, mapping, number, text

if TYPE_CHECKING:
    from collections.abc import Iterator

_KINDS: Final = (
    ("initContainerStatuses", "init container"),
    ("containerStatuses", "container"),
    ("ephemeralContainerStatuses", "ephemeral container"),
)

STATUSES_COVERED: Final = tuple(f"status.{name}" for name, _ in _KINDS)

_BACK_OFF: Final = re.compile(r"back-off (\d+(?:\.\d+)?(?:ms|s|m|h)(?:\d+s)?)\b")


def statuses_changed(before: dict[str, Any], after: dict[str, Any]) -> Iterator[str]:
    """What the container statuses tell; containers with the same fate share a sentence.

    A restart names what ended the container before: ``container cart: restarts 3 → 4, OOMKilled
    (137)``. That a container started is reported only where the pod ran already: the first start
    of a pod shows in its phase.
    """
    starting = text(before, "status", "phase") != text(after, "status", "phase")
    fates: dict[tuple[str, str], list[str]] = {}
    for field_name, noun in _KINDS:
        old = by_name(before, "status", field_name)
        for name, status in by_name(after, "status", field_name).items():
            label = brief(name) if noun == "container" else f"{noun} {brief(name)}"
            if number(old.get(name), "restartCount") < number(status, "restartCount"):
                fates[f"{noun} {brief(name)}: ", _restart(old.get(name, {}), status)] = []
                continue
            fate = _fate(old.get(name, {}), status)
            if fate is not None and not (starting and fate == ("", " running")):
                fates.setdefault(fate, []).append(label)
    for (head, tail), names in fates.items():
        yield f"{head}{named(names)}{tail}"


def waiting(pod: dict[str, Any]) -> Iterator[str]:
    """Containers that wait, with the reason: ``cart CrashLoopBackOff``."""
    for field_name, _ in _KINDS:
        for name, status in by_name(pod, "status", field_name).items():
            kind, reason = _state(status)
            if kind == "waiting":
                yield f"{brief(name)} {reason or 'waiting'}"


def _restart(old: dict[str, Any], new: dict[str, Any]) -> str:
    line = f"restarts {number(old, 'restartCount')} {ARROW} {number(new, 'restartCount')}"
    ended = mapping(new, "lastState", "terminated") or mapping(old, "state", "terminated")
    if ended:
        line += f", {brief(text(ended, 'reason')) or 'exit'} ({number(ended, 'exitCode')})"
    kind, reason = _state(new)
    return f"{line}, {reason}" if kind == "waiting" and reason else line


def _fate(old: dict[str, Any], new: dict[str, Any]) -> tuple[str, str] | None:
    """What stands before and after the names of the containers that share it."""
    left, right = mapping(old, "state"), mapping(new, "state")
    (was, before), (kind, reason) = _state(old), _state(new)
    if kind != was:
        if kind == "terminated":
            return "", f" terminated ({reason})"
        if kind == "waiting" and not old:
            return f"{reason or 'waiting'} ", ""
        if kind == "waiting":
            return "", f" waiting: {reason or 'no reason'}"
        return ("", " running") if kind else ("", f" no longer {was}")
    if reason != before:
        verb = "terminated" if kind == "terminated" else "waiting"
        return "", f": {verb} {before or 'no reason'} {ARROW} {reason or 'no reason'}"
    if left != right:
        message = text(right, kind, "message")
        covered = f"{reason}: {brief(message, 80)}" if message else f"{kind}, other details"
        return "", f": {covered}"
    return _quiet_fate(old, new)


def _quiet_fate(old: dict[str, Any], new: dict[str, Any]) -> tuple[str, str] | None:
    """What else a status can tell when the state stayed what it was."""
    images = text(old, "image"), text(new, "image")
    if images[0] != images[1]:
        return "", f": image {image_moved(*images)}"
    ids = text(old, "imageID"), text(new, "imageID")
    if ids[0] and ids[0] != ids[1]:
        return "", ": image ID changed"
    if field(old, "started") is False and field(new, "started") is True:
        return "", " started"
    return None


def _state(status: dict[str, Any]) -> tuple[str, str]:
    """``waiting``, ``running`` or ``terminated`` (empty if unknown), and its reason in short."""
    state = mapping(status, "state")
    if "waiting" in state:
        reason = brief(text(state, "waiting", "reason"))
        delay = _BACK_OFF.search(text(state, "waiting", "message"))
        return "waiting", f"{reason} {delay[1]}" if delay and reason else reason
    if "terminated" in state:
        ended = mapping(state, "terminated")
        reason = brief(text(ended, "reason"))
        code = str(number(ended, "exitCode"))
        return "terminated", f"{reason}, {code}" if reason else f"exit {code}"
    return ("running", "") if "running" in state else ("", "")
