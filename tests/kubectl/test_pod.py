"""STATUS, READY and RESTARTS of pods, rule by rule."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from paths import TESTDATA

from etcdpod.kubectl.tables.pod import POD, summarise

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
PODS = TESTDATA / "kubectl" / "pods.jsonl"


def running(**extra):
    return {"name": "a", "ready": True, "state": {"running": {"startedAt": "x"}}, **extra}


def waiting(reason, **extra):
    return {"name": "a", "ready": False, "state": {"waiting": {"reason": reason}}, **extra}


def ended(code, reason="", signal=0, **extra):
    terminated = {"exitCode": code, "reason": reason, "signal": signal}
    return {"name": "a", "ready": False, "state": {"terminated": terminated}, **extra}


def pod(*containers, phase="Running", init=(), deleted=False, conditions=(), reason="", spec=()):
    """A pod with these container statuses, and a container in the spec for each."""
    status = {
        "phase": phase,
        "containerStatuses": list(containers),
        "initContainerStatuses": [status for _, status in init],
        "conditions": [
            dict(zip(("type", "status", "reason"), c, strict=False)) for c in conditions
        ],
    }
    if reason:
        status["reason"] = reason
    metadata = {"name": "p", "creationTimestamp": "2026-01-01T11:00:00Z"}
    if deleted:
        metadata["deletionTimestamp"] = "2026-01-01T11:59:00Z"
    return {
        "metadata": metadata,
        "spec": {
            "containers": [{"name": f"c{n}"} for n in range(max(len(containers), 1))],
            "initContainers": [specified for specified, _ in init],
            **dict(spec),
        },
        "status": status,
    }


PLAIN = {"name": "a"}
SIDECAR = {"name": "a", "restartPolicy": "Always"}
READY = (("Ready", "True"),)
INITIALIZED = (("Initialized", "True"),)


@pytest.mark.parametrize(
    ("thing", "ready", "status"),
    [
        (pod(running()), "1/1", "Running"),
        (pod(running(ready=False)), "0/1", "Running"),
        (pod(running(), running()), "2/2", "Running"),
        (pod(phase="Pending"), "0/1", "Pending"),
        (pod(phase="Pending", conditions=[("PodScheduled", "False", "SchedulingGated")]), "0/1",
         "SchedulingGated"),
        (pod(waiting("ContainerCreating"), phase="Pending"), "0/1", "ContainerCreating"),
        (pod(waiting("CrashLoopBackOff")), "0/1", "CrashLoopBackOff"),
        (pod(waiting("")), "0/1", "Running"),
        # of several containers the first one that has something to say is shown
        (pod(waiting("ImagePullBackOff"), waiting("CrashLoopBackOff")), "0/2", "ImagePullBackOff"),
        (pod(running(), waiting("CrashLoopBackOff")), "1/2", "CrashLoopBackOff"),
        (pod(ended(137, "OOMKilled")), "0/1", "OOMKilled"),
        (pod(ended(1, "Error")), "0/1", "Error"),
        (pod(ended(3)), "0/1", "ExitCode:3"),
        (pod(ended(137, signal=9)), "0/1", "Signal:9"),
        (pod(ended(0, "Completed"), phase="Succeeded"), "0/1", "Completed"),
        # one container is done, another still works
        (pod(ended(0, "Completed"), running(), conditions=READY), "1/2", "Running"),
        (pod(ended(0, "Completed"), running()), "1/2", "NotReady"),
        (pod(ended(1, "Error"), running(), conditions=READY), "1/2", "Error"),
        (pod(phase="Failed", reason="Evicted"), "0/1", "Evicted"),
        (pod(ended(137, "Error"), phase="Failed", reason="Evicted"), "0/1", "Error"),
        # leaving
        (pod(running(), deleted=True), "1/1", "Terminating"),
        (pod(waiting("ContainerCreating"), phase="Pending", deleted=True), "0/1", "Terminating"),
        (pod(running(), deleted=True, reason="NodeLost"), "1/1", "Unknown"),
        (pod(running(), reason="NodeLost"), "1/1", "NodeLost"),
        (pod(ended(0, "Completed"), phase="Succeeded", deleted=True), "0/1", "Completed"),
        (pod(ended(1, "Error"), phase="Failed", deleted=True), "0/1", "Error"),
        # init containers
        (pod(waiting("PodInitializing"), phase="Pending", init=[(PLAIN, running())]), "0/1",
         "Init:0/1"),
        (pod(phase="Pending", init=[(PLAIN, ended(0)), ({"name": "b"}, waiting("PodInitializing",
         name="b"))]), "0/1", "Init:1/2"),
        (pod(phase="Pending", init=[(PLAIN, waiting("CrashLoopBackOff"))]), "0/1",
         "Init:CrashLoopBackOff"),
        (pod(phase="Pending", init=[(PLAIN, ended(1, "Error"))]), "0/1", "Init:Error"),
        (pod(phase="Pending", init=[(PLAIN, ended(2))]), "0/1", "Init:ExitCode:2"),
        (pod(phase="Pending", init=[(PLAIN, ended(143, signal=15))]), "0/1", "Init:Signal:15"),
        (pod(running(), init=[(PLAIN, ended(0, "Completed"))]), "1/1", "Running"),
        # the condition Initialized counts for more than an init container that was restarted
        (pod(waiting("CrashLoopBackOff"), init=[(PLAIN, running())], conditions=INITIALIZED),
         "0/1", "CrashLoopBackOff"),
        (pod(running(), init=[(PLAIN, running())], conditions=INITIALIZED), "1/1", "Init:0/1"),
        # sidecars count as containers, and do not hold initialisation up once started
        (pod(running(), init=[(SIDECAR, running(started=True))]), "2/2", "Running"),
        (pod(running(), init=[(SIDECAR, running(started=True, ready=False))]), "1/2", "Running"),
        (pod(waiting("PodInitializing"), phase="Pending",
             init=[(SIDECAR, running(started=False))]), "0/2", "Init:0/1"),
        (pod(waiting("PodInitializing"), phase="Pending",
             init=[(SIDECAR, waiting("CrashLoopBackOff"))]), "0/2", "Init:CrashLoopBackOff"),
        (pod(running(), init=[(SIDECAR, ended(0, "Completed"))]), "1/2", "Running"),
    ],
)  # fmt: skip
def test_status(thing, ready, status):
    cells = POD.cells(thing, NOW)

    assert cells[1:3] == [ready, status]


def last(moment):
    return {"lastState": {"terminated": {"finishedAt": moment}}}


@pytest.mark.parametrize(
    ("thing", "restarts"),
    [
        (pod(running()), "0"),
        (pod(running(restartCount=3)), "3"),
        (pod(running(restartCount=3, **last("2026-01-01T11:50:08Z"))), "3 (9m52s ago)"),
        (pod(running(restartCount=0, **last("2026-01-01T11:50:08Z"))), "0"),
        (pod(running(restartCount=1, **last("2026-01-01T11:00:00Z")),
             running(restartCount=2, **last("2026-01-01T11:58:20Z"))), "3 (100s ago)"),
        (pod(running(restartCount=1, **last(None))), "1"),
        # while it initialises, init containers count; afterwards only sidecars do
        (pod(init=[(PLAIN, waiting("CrashLoopBackOff", restartCount=5))]), "5"),
        (pod(running(restartCount=1), init=[(PLAIN, ended(0, restartCount=5))]), "1"),
        (pod(running(restartCount=1), init=[(SIDECAR, running(started=True, restartCount=5))]),
         "6"),
        (pod(running(restartCount=1), init=[(PLAIN, running(restartCount=5))],
             conditions=INITIALIZED), "1"),
        (pod(init=[(PLAIN, ended(1, restartCount=2)), ({"name": "b"}, running(restartCount=9))]),
         "2"),
    ],
)  # fmt: skip
def test_restarts(thing, restarts):
    assert POD.cells(thing, NOW)[3] == restarts


def test_wide_columns():
    thing = pod(
        running(),
        spec=[
            ("nodeName", "node-1"),
            ("readinessGates", [{"conditionType": "lb"}, {"conditionType": "dns"}]),
        ],
        conditions=[("lb", "True"), ("dns", "False")],
    )
    thing["status"] |= {"podIPs": [{"ip": "10.0.0.1"}, {"ip": "fd00::1"}], "podIP": "10.0.0.1"}

    assert POD.cells(thing, NOW)[5:] == ["10.0.0.1", "node-1", "<none>", "1/2"]
    thing["status"]["nominatedNodeName"] = "node-2"
    assert POD.cells(thing, NOW)[7] == "node-2"


def test_a_pod_that_was_only_just_created_has_no_status_yet():
    cells = POD.cells({"metadata": {"name": "p"}}, NOW)

    assert cells == ["p", "0/0", "", "0", "<unknown>", "<none>", "<none>", "<none>", "<none>"]


def test_the_summary_tells_when_the_last_restart_was():
    thing = pod(running(restartCount=2, **last("2026-01-01T11:50:00Z")))

    assert summarise(thing) == (1, 1, "Running", 2, "2026-01-01T11:50:00Z")
