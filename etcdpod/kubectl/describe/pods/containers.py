"""Containers of a pod or a pod template: image, ports, state, resources, probes, environment."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from etcdpod.kubectl.describe.describer import (
    INDENT,
    by_bytes,
    capital_boolean,
    indented,
    moment,
    or_none,
)
from etcdpod.kubectl.describe.fields import dig, number_at, text_at
from etcdpod.kubectl.describe.pods.environment import environment_lines, environment_sources
from etcdpod.kubectl.describe.quantities import canonical
from etcdpod.kubectl.tables.printer import NONE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

PATH_SAFE: Final = "/$&+,:;=@-_.~"
"""The characters, besides letters and digits, that Go does not escape in the path of a URL."""


def container_lines(
    title: str,
    containers: Sequence[dict[str, Any]],
    statuses: Sequence[dict[str, Any]] = (),
    pod: dict[str, Any] | None = None,
    indent: str = "",
) -> Iterator[str]:
    """All containers of one list, below their title.

    Args:
        title: ``Containers``, ``Init Containers``, …
        containers: as in the spec.
        statuses: as reported by the kubelet; empty for a template.
        pod: resolves the fields that the environment refers to; None for a template.
        indent: two spaces for a template.
    """
    yield f"{indent}{title}:" + ("" if containers else f" {NONE}")
    reported = {status.get("name"): status for status in statuses}
    for container in containers:
        # In a template only the names are indented further, by one space.
        yield f"{INDENT}{' ' if indent else ''}{text_at(container, 'name')}:"
        status = reported.get(container.get("name"))
        yield from indented(_container(container, status, pod), 2)


def _container(
    container: dict[str, Any], status: dict[str, Any] | None, pod: dict[str, Any] | None
) -> Iterator[str]:
    yield from _basics(container, status)
    for title, field in (("Command", "command"), ("Args", "args")):
        words = container.get(field)
        if words:
            yield f"{title}:"
            for word in words:
                yield from indented(word.split("\n"))
    if status is not None:
        yield from _state("State", status.get("state"))
        if dig(status, "lastState", "terminated") is not None:
            yield from _state("Last State", status["lastState"])
        yield f"Ready:\t{capital_boolean(status.get('ready'))}"
        yield f"Restart Count:\t{status.get('restartCount') or 0}"
    yield from resource_lines(container.get("resources"))
    for title in ("Liveness", "Readiness", "Startup"):
        probe = container.get(f"{title.lower()}Probe")
        if probe is not None:
            yield f"{title}:\t{probe_text(probe)}"
    yield from environment_sources(container)
    yield from environment_lines(container, pod)
    yield from _mounts(container)


def _basics(container: dict[str, Any], status: dict[str, Any] | None) -> Iterator[str]:
    if status is not None:
        yield f"Container ID:\t{text_at(status, 'containerID')}"
    yield f"Image:\t{text_at(container, 'image')}"
    if status is not None:
        yield f"Image ID:\t{text_at(status, 'imageID')}"
    ports = container.get("ports") or ()
    for title, field in (("Port", "containerPort"), ("Host Port", "hostPort")):
        text = ", ".join(_port(port, field) for port in ports)
        yield f"{title}{'s' if ',' in text else ''}:\t{or_none(text)}"
    seccomp = dig(container, "securityContext", "seccompProfile")
    if seccomp is not None:
        yield f"SeccompProfile:\t{text_at(seccomp, 'type')}"
        if seccomp.get("type") == "Localhost":
            yield f"  LocalhostProfile:\t{text_at(seccomp, 'localhostProfile')}"


def _port(port: dict[str, Any], field: str) -> str:
    text = f"{port.get(field) or 0}/{port.get('protocol', '')}"
    return f"{text} ({port['name']})" if port.get("name") else text


def _state(title: str, state: dict[str, Any] | None) -> Iterator[str]:
    found = state or {}
    if found.get("running") is not None:
        yield f"{title}:\tRunning"
        yield f"  Started:\t{moment(found['running'].get('startedAt'))}"
        return
    ended = found.get("terminated")
    if found.get("waiting") is not None or ended is None:
        yield f"{title}:\tWaiting"
        reason = text_at(found, "waiting", "reason")
        if reason:
            yield f"  Reason:\t{reason}"
        return
    yield f"{title}:\tTerminated"
    for name in ("reason", "message"):
        if ended.get(name):
            yield f"  {name.title()}:\t{ended[name]}"
    yield f"  Exit Code:\t{ended.get('exitCode') or 0}"
    if number_at(ended, "signal") > 0:
        yield f"  Signal:\t{ended['signal']}"
    yield f"  Started:\t{moment(ended.get('startedAt'))}"
    yield f"  Finished:\t{moment(ended.get('finishedAt'))}"


def resource_lines(resources: dict[str, Any] | None) -> Iterator[str]:
    """Limits and requests, each ordered by resource name."""
    for title in ("Limits", "Requests"):
        amounts = (resources or {}).get(title.lower())
        if amounts:
            yield f"{title}:"
            for name in by_bytes(amounts):
                yield f"  {name}:\t{canonical(amounts[name])}"


def probe_text(probe: dict[str, Any]) -> str:
    """A probe's action and its parameters."""
    numbers = (
        f"delay={probe.get('initialDelaySeconds') or 0}s "
        f"timeout={probe.get('timeoutSeconds') or 0}s "
        f"period={probe.get('periodSeconds') or 0}s "
        f"#success={probe.get('successThreshold') or 0} "
        f"#failure={probe.get('failureThreshold') or 0}"
    )
    if probe.get("exec") is not None:
        return f"exec [{' '.join(probe['exec'].get('command') or ())}] {numbers}"
    if probe.get("httpGet") is not None:
        return f"http-get {_url(probe['httpGet'])} {numbers}"
    if probe.get("tcpSocket") is not None:
        socket = probe["tcpSocket"]
        return f"tcp-socket {socket.get('host') or ''}:{socket.get('port', 0)} {numbers}"
    if probe.get("grpc") is not None:
        grpc = probe["grpc"]
        return f"grpc <pod>:{grpc.get('port') or 0} {grpc.get('service') or ''} {numbers}"
    return f"unknown {numbers}"


def _url(action: dict[str, Any]) -> str:
    host, port = action.get("host") or "", str(action.get("port", 0))
    if ":" in host:
        host = f"[{host}]"
    place = f"{host}:{port}" if port else host
    path = quote(action.get("path") or "", safe=PATH_SAFE)
    if path and not path.startswith("/") and place:
        path = f"/{path}"
    scheme = (action.get("scheme") or "").lower()
    return f"{scheme + ':' if scheme else ''}//{place}{path}"


def _mounts(container: dict[str, Any]) -> Iterator[str]:
    mounts = container.get("volumeMounts") or ()
    yield "Mounts:" if mounts else f"Mounts:\t{NONE}"
    for mount in sorted(mounts, key=lambda mount: text_at(mount, "mountPath").encode()):
        flags = "ro" if mount.get("readOnly") else "rw"
        if mount.get("subPath"):
            flags += f",path={json.dumps(mount['subPath'], ensure_ascii=False)}"
        yield f"  {text_at(mount, 'mountPath')} from {text_at(mount, 'name')} ({flags})"
    devices = container.get("volumeDevices") or ()
    if devices:
        yield "Devices:" if mounts else f"Devices:\t{NONE}"
    for device in sorted(devices, key=lambda device: text_at(device, "devicePath").encode()):
        yield f"  {text_at(device, 'devicePath')} from {text_at(device, 'name')}"
