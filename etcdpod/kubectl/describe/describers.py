"""Every kind that has a describer of its own; all others use the generic one."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from etcdpod.errors import UsageError
from etcdpod.kube.model.secret import mask
from etcdpod.kubectl.describe.alignment import aligned
from etcdpod.kubectl.describe.events import event_lines, events_of
from etcdpod.kubectl.describe.generic import GENERIC
from etcdpod.kubectl.describe.kinds.access import (
    CLUSTER_ROLE,
    CLUSTER_ROLE_BINDING,
    ROLE,
    ROLE_BINDING,
)
from etcdpod.kubectl.describe.kinds.autoscaling import HORIZONTAL_POD_AUTOSCALER
from etcdpod.kubectl.describe.kinds.certificates import CERTIFICATE_SIGNING_REQUEST
from etcdpod.kubectl.describe.kinds.config import CONFIG_MAP, SECRET, SERVICE_ACCOUNT
from etcdpod.kubectl.describe.kinds.jobs import CRON_JOB, JOB
from etcdpod.kubectl.describe.kinds.namespaces import LIMIT_RANGE, NAMESPACE, RESOURCE_QUOTA
from etcdpod.kubectl.describe.kinds.network_policy import NETWORK_POLICY
from etcdpod.kubectl.describe.kinds.networking import (
    INGRESS,
    INGRESS_CLASS,
    IP_ADDRESS,
    SERVICE_CIDR,
)
from etcdpod.kubectl.describe.kinds.node import NODE
from etcdpod.kubectl.describe.kinds.policy import POD_DISRUPTION_BUDGET, PRIORITY_CLASS
from etcdpod.kubectl.describe.kinds.services import ENDPOINT_SLICE, ENDPOINTS, SERVICE
from etcdpod.kubectl.describe.kinds.storage import (
    CSI_NODE,
    STORAGE_CLASS,
    VOLUME_ATTRIBUTES_CLASS,
)
from etcdpod.kubectl.describe.kinds.workloads import (
    DAEMON_SET,
    DEPLOYMENT,
    REPLICA_SET,
    REPLICATION_CONTROLLER,
    STATEFUL_SET,
)
from etcdpod.kubectl.describe.pods.claims import PERSISTENT_VOLUME, PERSISTENT_VOLUME_CLAIM
from etcdpod.kubectl.describe.pods.pod import POD

if TYPE_CHECKING:
    from etcdpod.kubectl.describe.describer import Around, Describer

DESCRIBERS: tuple[Describer, ...] = (
    POD,
    NODE,
    NAMESPACE,
    DEPLOYMENT,
    REPLICA_SET,
    STATEFUL_SET,
    DAEMON_SET,
    REPLICATION_CONTROLLER,
    JOB,
    CRON_JOB,
    SERVICE,
    ENDPOINTS,
    ENDPOINT_SLICE,
    CONFIG_MAP,
    SECRET,
    SERVICE_ACCOUNT,
    PERSISTENT_VOLUME_CLAIM,
    PERSISTENT_VOLUME,
    STORAGE_CLASS,
    VOLUME_ATTRIBUTES_CLASS,
    CSI_NODE,
    RESOURCE_QUOTA,
    LIMIT_RANGE,
    INGRESS,
    INGRESS_CLASS,
    NETWORK_POLICY,
    SERVICE_CIDR,
    IP_ADDRESS,
    HORIZONTAL_POD_AUTOSCALER,
    POD_DISRUPTION_BUDGET,
    PRIORITY_CLASS,
    ROLE,
    CLUSTER_ROLE,
    ROLE_BINDING,
    CLUSTER_ROLE_BINDING,
    CERTIFICATE_SIGNING_REQUEST,
)


@cache
def _by_kind() -> dict[tuple[str, str], Describer]:
    return {(group, one.kind): one for one in DESCRIBERS for group in one.groups}


def describer_for(thing: dict[str, Any]) -> Describer:
    """The describer of an object, by its apiVersion and kind."""
    group = str(thing.get("apiVersion", "")).rpartition("/")[0]
    return _by_kind().get((group, str(thing.get("kind", ""))), GENERIC)


def describe(thing: dict[str, Any], around: Around, *, show_events: bool = True) -> str:
    """The description of an object, as kubectl prints it, safe for a terminal.

    An object that does not have the structure of its kind is described field by field.

    Args:
        thing: the complete object.
        around: the other objects of the registry.
        show_events: add the events about it.
    """
    describer = describer_for(thing)
    try:
        return _text(thing, describer, around, show_events)
    except (AttributeError, LookupError, TypeError, ValueError, OverflowError, UsageError):
        if describer is GENERIC:
            raise
        return _text(thing if around.show_secrets else mask(thing), GENERIC, around, show_events)


def _text(thing: dict[str, Any], describer: Describer, around: Around, show_events: bool) -> str:
    lines = list(describer.lines(thing, around))
    events = events_of(thing, describer, around) if show_events else None
    if events is None:
        return aligned(lines)
    if not events:
        return aligned([*lines, "Events:\t<none>"])
    return aligned(lines) + aligned(event_lines(events, around))
