"""Pod specs without the fields set by the scheduler and admission plugins."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TOKEN_PATH: Final = "/var/run/secrets/kubernetes.io/serviceaccount"
"""Mount path of the service account token, never used for anything else."""
_TOKEN_VOLUME: Final = re.compile(r"kube-api-access-[a-z0-9]{5}|.+-token-[a-z0-9]{5}")
ADMITTED: Final = ("priority", "preemptionPolicy", "ephemeralContainers")
"""Derived from the priority class, or refused on creation."""


def clean_pod_spec(spec: dict[str, Any], kept: Callable[..., bool] | None) -> None:
    """Remove server-set fields from a pod spec in place.

    Args:
        spec: of a pod or a template.
        kept: whether a manager set a field of the pod; None for a template, which only users write.
    """
    _remove_token_volume(spec)
    if "serviceAccountName" in spec:
        spec.pop("serviceAccount", None)  # the deprecated name of the same field
    if kept is None:
        return
    for name in ADMITTED:
        spec.pop(name, None)
    if not kept("spec", "nodeName"):
        spec.pop("nodeName", None)


def _remove_token_volume(spec: dict[str, Any]) -> None:
    """Remove the service account's token volumes and their mounts."""
    volumes = spec.get("volumes")
    if not isinstance(volumes, list):
        return
    named = {
        volume["name"]
        for volume in volumes
        if isinstance(volume, dict)
        and isinstance(volume.get("name"), str)
        and _TOKEN_VOLUME.fullmatch(volume["name"])
        and ("projected" in volume or "secret" in volume)
    }
    mounts = [(holder, mount) for holder in _containers(spec) for mount in _mounts(holder)]
    elsewhere = {m.get("name") for _, m in mounts if m.get("mountPath") != TOKEN_PATH}
    going = {
        mount["name"]
        for _, mount in mounts
        if mount.get("mountPath") == TOKEN_PATH and mount.get("name") in named - elsewhere
    }
    if not going:
        return
    spec["volumes"] = [v for v in volumes if not isinstance(v, dict) or v.get("name") not in going]
    if not spec["volumes"]:
        del spec["volumes"]
    for holder in _containers(spec):
        _without_mounts(holder, going)


def _without_mounts(container: dict[str, Any], going: set[str]) -> None:
    mounts = container.get("volumeMounts")
    if isinstance(mounts, list):
        left = [m for m in mounts if not isinstance(m, dict) or m.get("name") not in going]
        container["volumeMounts"] = left
        if not left:
            del container["volumeMounts"]


def _containers(spec: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for section in ("initContainers", "containers", "ephemeralContainers"):
        found = spec.get(section)
        for container in found if isinstance(found, list) else ():
            if isinstance(container, dict):
                yield container


def _mounts(container: dict[str, Any]) -> Iterator[dict[str, Any]]:
    mounts = container.get("volumeMounts")
    for mount in mounts if isinstance(mounts, list) else ():
        if isinstance(mount, dict):
            yield mount
