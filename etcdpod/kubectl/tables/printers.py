"""All printers. To add columns for a kind: one ``Printer``, and one line in ``PRINTERS``."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final

from etcdpod.kubectl.tables.access import (
    CERTIFICATE_SIGNING_REQUEST,
    CLUSTER_ROLE_BINDING,
    CLUSTER_TRUST_BUNDLE,
    POD_CERTIFICATE_REQUEST,
    ROLE_BINDING,
)
from etcdpod.kubectl.tables.admission import (
    MUTATING_POLICY,
    MUTATING_POLICY_BINDING,
    MUTATING_WEBHOOKS,
    VALIDATING_POLICY,
    VALIDATING_POLICY_BINDING,
    VALIDATING_WEBHOOKS,
)
from etcdpod.kubectl.tables.autoscaling import HORIZONTAL_POD_AUTOSCALER
from etcdpod.kubectl.tables.config import (
    CONFIG_MAP,
    NAMESPACE,
    RESOURCE_QUOTA,
    SECRET,
    SERVICE_ACCOUNT,
)
from etcdpod.kubectl.tables.event import EVENT
from etcdpod.kubectl.tables.generic import CREATED_AT
from etcdpod.kubectl.tables.machinery import (
    API_SERVICE,
    FLOW_SCHEMA,
    LEASE,
    LEASE_CANDIDATE,
    PRIORITY_LEVEL,
    STORAGE_VERSION,
    STORAGE_VERSION_MIGRATION,
)
from etcdpod.kubectl.tables.networking import (
    INGRESS,
    INGRESS_CLASS,
    IP_ADDRESS,
    NETWORK_POLICY,
    SERVICE_CIDR,
)
from etcdpod.kubectl.tables.node import NODE
from etcdpod.kubectl.tables.pod import POD
from etcdpod.kubectl.tables.scheduling import (
    DEVICE_CLASS,
    DEVICE_TAINT_RULE,
    POD_DISRUPTION_BUDGET,
    PRIORITY_CLASS,
    RESOURCE_CLAIM,
    RESOURCE_CLAIM_TEMPLATE,
    RESOURCE_SLICE,
    RUNTIME_CLASS,
)
from etcdpod.kubectl.tables.services import ENDPOINT_SLICE, ENDPOINTS, SERVICE
from etcdpod.kubectl.tables.storage import (
    CSI_DRIVER,
    CSI_NODE,
    CSI_STORAGE_CAPACITY,
    PERSISTENT_VOLUME,
    PERSISTENT_VOLUME_CLAIM,
    STORAGE_CLASS,
    VOLUME_ATTACHMENT,
    VOLUME_ATTRIBUTES_CLASS,
)
from etcdpod.kubectl.tables.workloads import (
    CONTROLLER_REVISION,
    CRON_JOB,
    DAEMON_SET,
    DEPLOYMENT,
    JOB,
    POD_TEMPLATE,
    REPLICA_SET,
    REPLICATION_CONTROLLER,
    STATEFUL_SET,
)

if TYPE_CHECKING:
    from etcdpod.kube.model.types import ResourceType
    from etcdpod.kubectl.tables.printer import Printer

PRINTERS: Final[tuple[Printer, ...]] = (
    POD,
    NODE,
    EVENT,
    NAMESPACE,
    # workloads
    DEPLOYMENT,
    REPLICA_SET,
    REPLICATION_CONTROLLER,
    STATEFUL_SET,
    DAEMON_SET,
    JOB,
    CRON_JOB,
    CONTROLLER_REVISION,
    POD_TEMPLATE,
    HORIZONTAL_POD_AUTOSCALER,
    POD_DISRUPTION_BUDGET,
    # configuration
    CONFIG_MAP,
    SECRET,
    SERVICE_ACCOUNT,
    RESOURCE_QUOTA,
    # network
    SERVICE,
    ENDPOINTS,
    ENDPOINT_SLICE,
    INGRESS,
    INGRESS_CLASS,
    NETWORK_POLICY,
    IP_ADDRESS,
    SERVICE_CIDR,
    # storage
    PERSISTENT_VOLUME,
    PERSISTENT_VOLUME_CLAIM,
    STORAGE_CLASS,
    VOLUME_ATTACHMENT,
    VOLUME_ATTRIBUTES_CLASS,
    CSI_NODE,
    CSI_DRIVER,
    CSI_STORAGE_CAPACITY,
    # scheduling
    PRIORITY_CLASS,
    RUNTIME_CLASS,
    RESOURCE_CLAIM,
    RESOURCE_CLAIM_TEMPLATE,
    RESOURCE_SLICE,
    DEVICE_CLASS,
    DEVICE_TAINT_RULE,
    # access
    ROLE_BINDING,
    CLUSTER_ROLE_BINDING,
    CERTIFICATE_SIGNING_REQUEST,
    CLUSTER_TRUST_BUNDLE,
    POD_CERTIFICATE_REQUEST,
    # the API server itself
    MUTATING_WEBHOOKS,
    VALIDATING_WEBHOOKS,
    MUTATING_POLICY,
    MUTATING_POLICY_BINDING,
    VALIDATING_POLICY,
    VALIDATING_POLICY_BINDING,
    FLOW_SCHEMA,
    PRIORITY_LEVEL,
    LEASE,
    LEASE_CANDIDATE,
    API_SERVICE,
    STORAGE_VERSION,
    STORAGE_VERSION_MIGRATION,
)


def printer_for(object_type: ResourceType, definition: dict[str, Any] | None = None) -> Printer:
    """The columns of a kind.

    Args:
        object_type: the kind.
        definition: the CustomResourceDefinition object of a custom kind.
    """
    if definition is not None:
        from etcdpod.kubectl.tables.custom import custom_printer

        return custom_printer(definition, object_type.version)
    found = _by_kind().get((object_type.group, object_type.kind))
    return found or CREATED_AT


@cache
def _by_kind() -> dict[tuple[str, str], Printer]:
    return {(group, printer.kind): printer for printer in PRINTERS for group in printer.groups}
