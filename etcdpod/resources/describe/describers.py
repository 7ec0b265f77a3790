"""Every kind that is described in a way of its own; all others take the generic one."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from etcdpod.errors import UsageError
from etcdpod.resources.describe.access import (
    CLUSTER_ROLE,
    CLUSTER_ROLE_BINDING,
    ROLE,
    ROLE_BINDING,
)
from etcdpod.resources.describe.alignment import aligned
from etcdpod.resources.describe.autoscaling import HORIZONTAL_POD_AUTOSCALER
from etcdpod.resources.describe.certificates import CERTIFICATE_SIGNING_REQUEST
from etcdpod.resources.describe.claims import PERSISTENT_VOLUME, PERSISTENT_VOLUME_CLAIM
from etcdpod.resources.describe.config import CONFIG_MAP, SECRET, SERVICE_ACCOUNT
from etcdpod.resources.describe.events import event_lines, events_of
from etcdpod.resources.describe.generic import GENERIC
from etcdpod.resources.describe.jobs import CRON_JOB, JOB
from etcdpod.resources.describe.namespaces import LIMIT_RANGE, NAMESPACE, RESOURCE_QUOTA
from etcdpod.resources.describe.network_policy import NETWORK_POLICY
from etcdpod.resources.describe.networking import (
    INGRESS,
    INGRESS_CLASS,
    IP_ADDRESS,
    SERVICE_CIDR,
)
from etcdpod.resources.describe.node import NODE
from etcdpod.resources.describe.pod import POD
from etcdpod.resources.describe.policy import POD_DISRUPTION_BUDGET, PRIORITY_CLASS
from etcdpod.resources.describe.services import ENDPOINT_SLICE, ENDPOINTS, SERVICE
from etcdpod.resources.describe.storage import (
    CSI_NODE,
    STORAGE_CLASS,
    VOLUME_ATTRIBUTES_CLASS,
)
from etcdpod.resources.describe.workloads import (
    DAEMON_SET,
    DEPLOYMENT,
    REPLICA_SET,
    REPLICATION_CONTROLLER,
    STATEFUL_SET,
)
from etcdpod.resources.secret import mask

if TYPE_CHECKING:
    from etcdpod.resources.describe.base import Around, Describer

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
    """How an object is described, by its apiVersion and kind."""
    group = str(thing.get("apiVersion", "")).rpartition("/")[0]
    return _by_kind().get((group, str(thing.get("kind", ""))), GENERIC)


def describe(thing: dict[str, Any], around: Around, *, show_events: bool = True) -> str:
    """The description of an object, as kubectl prints it, fit for a terminal.

    An object that has not the shape of its kind is described field by field.

    Args:
        thing: the object, in full.
        around: what the registry holds beside it.
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
