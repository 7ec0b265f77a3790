"""An aggregated API is unavailable."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from etcdpod.forensics.diagnose.rule import ObjectRule
from etcdpod.kube.model.fields import mapping, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etcdpod.forensics.diagnose.cluster import Cluster
    from etcdpod.forensics.diagnose.model import Finding
    from etcdpod.forensics.diagnose.subject import Subject

SOLUTIONS: Final = {
    "ServiceNotFound": "create the Service, or delete the APIService if it is left over",
    "MissingEndpoints": "see why the Service has no pod that is ready",
}


def check(service: Subject, cluster: Cluster) -> Iterator[Finding]:
    """Report an APIService whose condition Available is False."""
    available = service.condition("Available")
    if text(available, "status") != "False":
        return
    reason = text(available, "reason")
    behind = mapping(service.value, "spec", "service")
    where = f"{text(behind, 'namespace')}/{text(behind, 'name')}"
    yield service.finding(
        reason or "Unavailable",
        "error",
        f"the API {service.name} is not served: {text(available, 'message') or reason}; what it "
        "defines cannot be read, and no namespace can be emptied",
        [
            service.shows("status.conditions[Available].status"),
            service.shows("status.conditions[Available].message"),
            service.shows("spec.service"),
        ],
        solution=SOLUTIONS.get(
            reason, f"check the pods and the certificate behind Service {where}"
        ),
        next_check=f"etcdpod describe service {where}",
        since=service.since("Available"),
    )


RULE = ObjectRule("apiservices.apiregistration.k8s.io", check)
