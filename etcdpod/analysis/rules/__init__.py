"""The rules: one forensic question a file; ``RULES`` is the one list of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from etcdpod.analysis.rules import (
    api_service,
    autoscaler,
    budget,
    certificates,
    claims,
    clock_skew,
    container_config,
    crash_loop,
    cron_job,
    disrupted,
    ending_namespace,
    endpoints,
    failed_create,
    failed_job,
    failed_pod,
    hot_writer,
    image_pull,
    init_container,
    leaders,
    node_lost,
    node_not_ready,
    not_ready,
    out_of_memory,
    probes,
    rollout,
    sandbox,
    terminating,
    unschedulable,
    volumes,
    workloads,
)

if TYPE_CHECKING:
    from etcdpod.analysis.rules.base import Rule

RULES: Final[tuple[Rule, ...]] = (
    # About pods: what explains most comes first; where two speak, the first names the cause.
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
    # About what stands around them.
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
