"""A certificate was requested but not issued."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from etcdpod.forensics.diagnose.rule import RegistryRule
from etcdpod.kube.model.fields import field, mapping, members, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etcdpod.forensics.diagnose.cluster import Cluster
    from etcdpod.forensics.diagnose.model import Finding
    from etcdpod.forensics.diagnose.subject import Subject

PATIENCE: Final = 120.0
"""Seconds allowed for approval by a controller."""


def check(cluster: Cluster) -> Iterator[Finding]:
    """Report the newest request of each requester and signer if pending, denied or failed."""
    if cluster.namespace is not None:
        return
    newest: dict[tuple[str, str], list[Subject]] = {}
    for request in cluster.all("certificatesigningrequests.certificates.k8s.io").values():
        spec = mapping(request.value, "spec")
        asked = (text(spec, "username"), text(spec, "signerName"))
        newest.setdefault(asked, []).append(request)
    for (asker, signer), requests in newest.items():
        requests.sort(key=lambda request: request.revision)
        yield from _finding(requests, asker, signer, cluster)


def _finding(
    requests: list[Subject], asker: str, signer: str, cluster: Cluster
) -> Iterator[Finding]:
    request = requests[-1]
    if field(request.value, "status", "certificate"):
        return
    said = {text(entry, "type"): entry for entry in members(request.value, "status", "conditions")}
    refused = said.get("Denied") or said.get("Failed")
    if refused is None and (cluster.age(request.created) or 0.0) < PATIENCE:
        return
    if refused is not None:
        state = f"was refused: {text(refused, 'message') or text(refused, 'reason')}"
    else:
        state = "is approved, and not issued" if "Approved" in said else "waits for its approval"
    again = f" (asked {len(requests)} times)" if len(requests) > 1 else ""
    yield request.finding(
        "CertificatePending" if refused is None else text(refused, "type"),
        "warning",
        f"the certificate that {asker} asks of {signer} {state}{again}",
        [request.shows("spec.signerName"), request.shows("status.conditions")],
        solution="kubectl certificate approve, if the request is genuine; "
        "without it a kubelet's certificate runs out",
        next_check="etcdpod get certificatesigningrequests",
        since=requests[0].created,
    )


RULE = RegistryRule(check)
