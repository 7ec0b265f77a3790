"""One revision in a line, as an engineer would have written it down.

``SUMMARISERS`` holds what the kinds know to say about themselves; what they do not cover is
described by path, so that no change goes unmentioned. Nothing here quotes the data of a Secret.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from etcdpod.history.diff.objects import changes as differences
from etcdpod.history.diff.objects import is_noise
from etcdpod.history.summary.brief import brief, moved, named
from etcdpod.history.summary.conditions import conditions_changed
from etcdpod.history.summary.config import CONFIG_MAP, NAMESPACE, SECRET
from etcdpod.history.summary.coordination import EVENT, LEASE
from etcdpod.history.summary.daemon_set import DAEMON_SET
from etcdpod.history.summary.generic import bookkeeping, by_path
from etcdpod.history.summary.job import JOB
from etcdpod.history.summary.metadata import METADATA_COVERED, deletion, marks
from etcdpod.history.summary.network import ENDPOINTS, SERVICE
from etcdpod.history.summary.node import NODE
from etcdpod.history.summary.pod import POD
from etcdpod.history.summary.storage import CLAIM
from etcdpod.history.summary.summariser import Summariser, group_kind
from etcdpod.history.summary.workload import WORKLOAD
from etcdpod.kube.model.fields import condition, field, mapping, strings, text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from etcdpod.changes import Change

_MOST_SENTENCES: Final = 8


def _changed(before: dict[str, Any], after: dict[str, Any]) -> Iterator[str]:
    """What any object may have: a phase and conditions."""
    phases = field(before, "status", "phase"), field(after, "status", "phase")
    if phases[0] != phases[1]:
        yield moved(*phases) if phases[0] else f"phase {brief(phases[1])}"
    yield from conditions_changed(before, after)


def _state(value: dict[str, Any]) -> Iterator[str]:
    if text(value, "status", "phase"):
        yield brief(text(value, "status", "phase"))
    ready = condition(value, "Ready")
    if ready is not None:
        yield f"Ready {brief(text(ready, 'status'))}"


_ANY_KIND: Final = Summariser(
    kinds=frozenset(),
    changed=_changed,
    covered=("status.conditions", "status.phase"),
    state=_state,
)

SUMMARISERS: Final = (
    POD,
    WORKLOAD,
    DAEMON_SET,
    JOB,
    NODE,
    LEASE,
    EVENT,
    CONFIG_MAP,
    SECRET,
    NAMESPACE,
    SERVICE,
    ENDPOINTS,
    CLAIM,
)
"""What the kinds say about themselves; a kind in none of them is described in general terms."""

_BY_KIND: Final = {kind: row for row in SUMMARISERS for kind in row.kinds}


def summarise(
    before: dict[str, Any] | None, after: dict[str, Any] | None, changes: Sequence[Change]
) -> tuple[str, ...]:
    """What a revision did, in short sentences, the most telling first.

    Args:
        before: the object before; None when the revision made it.
        after: the object after; None when the revision deleted it.
        changes: what ``diff.changes`` found between the two, with or without noise.

    Returns:
        At least one sentence, at most nine. Sentences hold text from the objects as it is: who
        prints them makes them safe for a terminal.
    """
    if after is None:
        return summarise_deletion(before)
    if before is None:
        return summarise_creation(after)
    visible = [change for change in changes if not is_noise(change.path)]
    if not visible:
        return (_nothing_visible(before, after),)
    row = _BY_KIND.get(group_kind(after), _ANY_KIND)
    covered = (*row.covered, *METADATA_COVERED)
    sentences = [
        *deletion(before, after),
        *row.changed(before, after),
        *by_path([change for change in visible if not _is_covered(change.path, covered)]),
        *marks(before, after, copied_labels=row.copied_labels, values=row is not SECRET),
    ]
    return _bounded(sentences or list(bookkeeping(visible)))


def summarise_creation(
    value: dict[str, Any], former: dict[str, Any] | None = None
) -> tuple[str, ...]:
    """The birth of an object: ``created (2 containers, nodeSelector tier=sim)``.

    Args:
        value: the object as it was created.
        former: the last object that had the name before, where one is known.
    """
    row = _BY_KIND.get(group_kind(value), _ANY_KIND)
    details = [*row.born(value), *_held(value)]
    created = f"created ({', '.join(details)})" if details else "created"
    if former is None or group_kind(former) != group_kind(value):
        return (created,)
    return (created, _compared_with_former(former, value))


def summarise_deletion(last: dict[str, Any] | None) -> tuple[str, ...]:
    """The end of an object, with what is odd about it.

    Args:
        last: its last revision, where that can be read.
    """
    sentences = ["DELETED"]
    metadata = mapping(last, "metadata")
    if last is not None and group_kind(last) == ("", "Pod") and "deletionTimestamp" not in metadata:
        sentences.append("no deletion had been asked for")
    if strings(metadata, "finalizers"):
        sentences.append(f"finalizer {named(strings(metadata, 'finalizers'))} was still set")
    return tuple(sentences)


def describe(value: dict[str, Any]) -> tuple[str, ...]:
    """How an object is, for a revision that has nothing to be compared with; may be empty."""
    row = _BY_KIND.get(group_kind(value), _ANY_KIND)
    return _bounded([*row.state(value), *_held(value)])


def _held(value: dict[str, Any]) -> Iterator[str]:
    finalizers = strings(value, "metadata", "finalizers")
    if finalizers:
        yield f"finalizer {named(finalizers)}"


def _compared_with_former(former: dict[str, Any], value: dict[str, Any]) -> str:
    """Whether the new life was made from the same plan as the one before."""
    plan = {"spec": _plan(value), "data": field(value, "data")}
    moves = differences({"spec": _plan(former), "data": field(former, "data")}, plan)
    if not moves:
        return "same spec as the life before"
    if group_kind(value) == ("", "Secret"):
        return "other data than the life before"
    return "unlike the life before: " + "; ".join(by_path(moves))


def _plan(value: dict[str, Any]) -> dict[str, Any]:
    """The spec without what is decided for a pod after it was made."""
    return {key: part for key, part in mapping(value, "spec").items() if key != "nodeName"}


def _nothing_visible(before: dict[str, Any], after: dict[str, Any]) -> str:
    """Why a revision shows no change, though it was written."""
    noise = {
        _noise_name(change.path)
        for change in differences(before, after, noise=True)
        if change.path != "metadata.resourceVersion"
    }
    if noise:
        return f"no visible change ({named(sorted(noise))} only)"
    plain = [
        {**value, "metadata": {**mapping(value, "metadata"), "resourceVersion": ""}}
        for value in (before, after)
    ]
    if plain[0] != plain[1]:
        return "no visible change (order of list members only)"
    return "written again, nothing changed"


def _noise_name(path: str) -> str:
    return "managedFields" if path.startswith("metadata.managedFields") else path


def _is_covered(path: str, covered: Sequence[str]) -> bool:
    return any(
        path.startswith(prefix) and path[len(prefix) : len(prefix) + 1] in ("", ".", "[")
        for prefix in covered
    )


def _bounded(sentences: Sequence[str]) -> tuple[str, ...]:
    if len(sentences) <= _MOST_SENTENCES:
        return tuple(sentences)
    return (*sentences[:_MOST_SENTENCES], f"+{len(sentences) - _MOST_SENTENCES} more")
