"""The rules, one per file, listed in ``RULES``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from etcdpod.forensics.diagnose.rules.cluster import (
    api_service,
    certificates,
    claims,
    clock_skew,
    ending_namespace,
    hot_writer,
    leaders,
)
from etcdpod.forensics.diagnose.rules.container import (
    container_config,
    crash_loop,
    failed_pod,
    image_pull,
    init_container,
    not_ready,
    out_of_memory,
    probes,
    sandbox,
    volumes,
)
from etcdpod.forensics.diagnose.rules.placement import (
    disrupted,
    node_lost,
    node_not_ready,
    terminating,
    unschedulable,
)
from etcdpod.forensics.diagnose.rules.workload import (
    autoscaler,
    budget,
    cron_job,
    endpoints,
    failed_create,
    failed_job,
    rollout,
    workloads,
)

if TYPE_CHECKING:
    from etcdpod.forensics.diagnose.rule import Rule

RULES: Final[tuple[Rule, ...]] = (
    # Pods: the most specific rule comes first; if two match, the first names the cause.
    terminating.RULE,
    disrupted.RULE,
    image_pull.RULE,
    container_config.RULE,
    out_of_memory.RULE,
    init_container.RULE,
    probes.RULE,
    crash_loop.RULE,
    unschedulable.RULE,
    sandbox.RULE,
    volumes.RULE,
    failed_pod.RULE,
    node_lost.RULE,
    not_ready.RULE,
    # Other objects.
    node_not_ready.RULE,
    *failed_create.RULES,
    *claims.RULES,
    failed_job.RULE,
    cron_job.RULE,
    rollout.RULE,
    workloads.STATEFUL_SETS,
    workloads.DAEMON_SETS,
    endpoints.RULE,
    autoscaler.RULE,
    budget.RULE,
    ending_namespace.RULE,
    api_service.RULE,
    certificates.RULE,
    leaders.RULE,
    hot_writer.RULE,
    clock_skew.RULE,
)
