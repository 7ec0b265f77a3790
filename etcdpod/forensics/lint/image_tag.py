"""Images that mean something else tomorrow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from etcdpod.forensics.lint.model import Breach, Practice
from etcdpod.kube.model.fields import text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etcdpod.forensics.lint.workload import Workload

MOVING = "latest"


def _check(workload: Workload) -> Iterator[Breach]:
    for container in workload.containers:
        image = text(container.spec, "image")
        if image and tag(image) == MOVING:
            yield Breach(
                f"{container.path}.image",
                image,
                "the tag moves: nodes may run different builds, and a rollout cannot be undone",
            )


def tag(image: str) -> str:
    """The tag that an image is pulled by; empty where a digest names it for good."""
    if "@" in image:
        return ""
    # A colon before the last slash is that of a registry's port.
    return image.rpartition("/")[2].partition(":")[2] or MOVING


PRACTICE = Practice("latest-tag", "warning", "name a version, or a digest", _check)
