"""Leases and Events: what the control plane says about itself, many times a minute."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from etcdpod.history.summary.brief import ARROW, brief, clock, moved
from etcdpod.history.summary.summariser import Summariser
from etcdpod.kube.model.fields import field, mapping, number, text
from etcdpod.times import time_or_none

if TYPE_CHECKING:
    from collections.abc import Iterator


def _lease_changed(before: dict[str, Any], after: dict[str, Any]) -> Iterator[str]:
    old, new = mapping(before, "spec"), mapping(after, "spec")
    holders = text(old, "holderIdentity"), text(new, "holderIdentity")
    if holders[0] != holders[1]:
        yield f"holder {brief(holders[0]) or 'nobody'} {ARROW} {brief(holders[1]) or 'nobody'}"
    renewed = text(old, "renewTime"), text(new, "renewTime")
    if renewed[1] and renewed[0] != renewed[1]:
        yield f"renewed {clock(renewed[1])}{_interval(*renewed)}"
    duration = number(old, "leaseDurationSeconds"), number(new, "leaseDurationSeconds")
    if duration[0] != duration[1]:
        yield f"duration {duration[0]} s {ARROW} {duration[1]} s"


def _interval(before: str, after: str) -> str:
    """`` (+2.0 s)`` between two timestamps; nothing where one is none."""
    first, second = time_or_none(before), time_or_none(after)
    if first is None or second is None:
        return ""
    return f" ({(second - first).total_seconds():+.1f} s)"


def _lease_state(lease: dict[str, Any]) -> Iterator[str]:
    yield f"held by {brief(text(lease, 'spec', 'holderIdentity')) or 'nobody'}"
    renewed = text(lease, "spec", "renewTime")
    if renewed:
        yield f"renewed {clock(renewed)}"


def _lease_born(lease: dict[str, Any]) -> Iterator[str]:
    yield f"held by {brief(text(lease, 'spec', 'holderIdentity')) or 'nobody'}"
    seconds = number(lease, "spec", "leaseDurationSeconds")
    if seconds:
        yield f"for {seconds} s"


LEASE: Final = Summariser(
    kinds=frozenset({("coordination.k8s.io", "Lease")}),
    changed=_lease_changed,
    covered=(
        "spec.acquireTime",
        "spec.holderIdentity",
        "spec.leaseDurationSeconds",
        "spec.leaseTransitions",
        "spec.renewTime",
    ),
    born=_lease_born,
    state=_lease_state,
)
"""Leases."""


def _event_changed(before: dict[str, Any], after: dict[str, Any]) -> Iterator[str]:
    counts = _event_count(before), _event_count(after)
    if counts[0] != counts[1]:
        yield f"count {moved(*counts)}"
    for name in ("message", "note", "reason"):
        if text(before, name) != text(after, name):
            yield f"{name} {moved(text(before, name), text(after, name))}"


def _event_count(event: dict[str, Any]) -> int:
    """How often it happened: Events of both APIs count in different places."""
    counted = (
        number(event, "series", "count"),
        number(event, "count"),
        number(event, "deprecatedCount"),
    )
    return max(*counted, 1)


def _event_state(event: dict[str, Any]) -> Iterator[str]:
    yield f"{text(event, 'type')} {brief(text(event, 'reason'))}".strip()
    about = mapping(event, "involvedObject") or mapping(event, "regarding")
    if about:
        yield f"{text(about, 'kind')} {brief(text(about, 'name'))}".strip()
    message = text(event, "message") or text(event, "note")
    if message:
        yield brief(message, 100)
    if field(event, "series") is not None or _event_count(event) > 1:
        yield f"count {_event_count(event)}"


EVENT: Final = Summariser(
    kinds=frozenset({("", "Event"), ("events.k8s.io", "Event")}),
    changed=_event_changed,
    covered=(
        "count",
        "deprecatedCount",
        "deprecatedLastTimestamp",
        "lastTimestamp",
        "message",
        "note",
        "reason",
        "series",
    ),
    born=_event_state,
    state=_event_state,
)
"""Events, in both of their forms."""
