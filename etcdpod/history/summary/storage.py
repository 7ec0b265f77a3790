"""PersistentVolumeClaims and the volumes they are bound to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from etcdpod.history.summary.brief import brief, moved
from etcdpod.history.summary.conditions import conditions_changed
from etcdpod.history.summary.summariser import Summariser
from etcdpod.kube.model.fields import mapping, text

if TYPE_CHECKING:
    from collections.abc import Iterator


def _claim_changed(before: dict[str, Any], after: dict[str, Any]) -> Iterator[str]:
    phases = text(before, "status", "phase"), text(after, "status", "phase")
    if phases[0] != phases[1]:
        yield moved(phases[0] or "no phase", phases[1] or "no phase")
    volumes = text(before, "spec", "volumeName"), text(after, "spec", "volumeName")
    if volumes[0] != volumes[1]:
        yield f"volume {moved(volumes[0] or 'none', volumes[1] or 'none')}"
    claims = [mapping(value, "spec", "claimRef") for value in (before, after)]
    names = [f"{text(c, 'namespace')}/{text(c, 'name')}" if c else "none" for c in claims]
    if names[0] != names[1]:
        yield f"claim {moved(*names)}"
    for path, noun in (
        (("spec", "resources", "requests", "storage"), "asked size"),
        (("spec", "capacity", "storage"), "size"),
        (("status", "capacity", "storage"), "size"),
    ):
        sizes = text(before, *path), text(after, *path)
        if sizes[1] and sizes[0] != sizes[1]:
            yield f"{noun} {moved(*sizes)}" if sizes[0] else f"{noun} {brief(sizes[1])}"
    yield from conditions_changed(before, after)


CLAIM: Final = Summariser(
    kinds=frozenset({("", "PersistentVolumeClaim"), ("", "PersistentVolume")}),
    changed=_claim_changed,
    covered=(
        "spec.capacity",
        "spec.claimRef",
        "spec.resources.requests.storage",
        "spec.volumeName",
        "status.accessModes",
        "status.capacity",
        "status.conditions",
        "status.phase",
    ),
    state=lambda value: [text(value, "status", "phase") or "no phase"],
)
"""PersistentVolumeClaims and PersistentVolumes."""
