"""What Kubernetes 1.17 to 1.36 says of pods in trouble, and what the rules make of it.

The messages are those of real kubelets, schedulers, controllers and runtimes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from objects import T0, T1, clock, condition, ended, event, merged, node, pending, pod, waiting

from etcdpod.forensics.diagnose.diagnose import diagnose

if TYPE_CHECKING:
    from etcdpod.forensics.diagnose.model import Finding
    from etcdpod.history.lives import Registry


def about(registry: Registry, kind: str = "Pod") -> list[Finding]:
    return [finding for finding in diagnose(registry) if finding.object.kind == kind]


def meta(kind: str, name: str, api: str = "v1", **more: Any) -> dict[str, Any]:
    value = {
        "apiVersion": api,
        "kind": kind,
        "metadata": {"name": name, "namespace": "n", "uid": f"{kind}-{name}"},
    }
    value["metadata"]["creationTimestamp"] = T0
    return merged(value, more)


def owned(child: dict[str, Any], owner: dict[str, Any]) -> dict[str, Any]:
    reference = {"apiVersion": owner["apiVersion"], "kind": owner["kind"], "controller": True}
    reference |= {"name": owner["metadata"]["name"], "uid": owner["metadata"]["uid"]}
    return merged(child, {"metadata": {"ownerReferences": [reference]}})


PREEMPTION = " preemption: 0/3 nodes are available: 3 No preemption victims found for incoming pod."


@pytest.mark.parametrize(
    ("message", "words", "solution"),
    [
        # 1.17: a taint ends with a clause of its own.
        ("0/3 nodes are available: 1 node(s) had taint {node-role.kubernetes.io/master: }, that "
         "the pod didn't tolerate, 2 Insufficient cpu.", "Insufficient cpu", "lower the requests"),
        ("0/3 nodes are available: 3 node(s) didn't match node selector.", "node selector",
         "give a node the labels"),
        ("0/3 nodes are available: 3 node(s) didn't match Pod's node affinity/selector."
         + PREEMPTION, "affinity/selector", "give a node the labels"),
        ("0/3 nodes are available: 3 node(s) didn't match pod anti-affinity rules." + PREEMPTION,
         "anti-affinity", "loosen the pod's anti-affinity"),
        ("0/3 nodes are available: 3 node(s) didn't match pod affinity rules." + PREEMPTION,
         "pod affinity", "run the pods that it wants to be near to"),
        ("0/3 nodes are available: 3 node(s) didn't match pod topology spread constraints."
         + PREEMPTION, "topology spread", "loosen the topology spread"),
        ("0/3 nodes are available: 3 node(s) had volume node affinity conflict." + PREEMPTION,
         "volume node affinity", "the volume lies where the pod may not run"),
        ("0/3 nodes are available: 3 node(s) didn't have free ports for the requested pod ports."
         + PREEMPTION, "free ports", "another hostPort"),
        ("0/3 nodes are available: 3 Insufficient ephemeral-storage." + PREEMPTION,
         "ephemeral-storage", "lower the requests"),
        ("0/3 nodes are available: 3 Insufficient nvidia.com/gpu." + PREEMPTION,
         "nvidia.com/gpu", "lower the requests"),
        ("0/3 nodes are available: 3 Too many pods." + PREEMPTION, "Too many pods", "maxPods"),
        ("0/3 nodes are available: 3 node(s) exceed max volume count." + PREEMPTION,
         "max volume count", "as many volumes as they can"),
        ("0/3 nodes are available: 3 node(s) were unschedulable." + PREEMPTION,
         "unschedulable", "uncordon"),
        ("0/3 nodes are available: pod has unbound immediate PersistentVolumeClaims.",
         "unbound immediate", "provision the claim"),
        ("pod has unbound immediate PersistentVolumeClaims (repeated 2 times)",
         "unbound immediate", "provision the claim"),
        ("running PreBind plugin \"VolumeBinding\": binding volumes: context deadline exceeded",
         "binding volumes", "provision the claim"),
        ("no nodes available to schedule pods", "no nodes available", "add one"),
        ("0/3 nodes are available: 3 cannot allocate all claims. no new claims to deallocate.",
         "cannot allocate all claims", "ResourceClaim"),
        ("0/3 nodes are available: waiting for resourceclaim to be created.",
         "resourceclaim", "ResourceClaim"),
    ],
)  # fmt: skip
def test_why_no_node_takes_a_pod(message: str, words: str, solution: str, registry_of: Any) -> None:
    (found,) = about(registry_of(node(), pending(message), clock()))
    assert (found.rule, found.severity) == ("FailedScheduling", "error")
    assert words in found.cause
    assert solution in found.solution
    assert found.solution.count(";") <= message.count("had taint")  # one remedy a reason
    assert any(item.field.endswith("[PodScheduled].message") for item in found.evidence)


def test_a_claim_that_nobody_made_is_named(registry_of: Any) -> None:
    volume = {"name": "data", "persistentVolumeClaim": {"claimName": "db-data"}}
    message = '0/1 nodes are available: persistentvolumeclaim "db-data" not found.'
    (found,) = about(registry_of(node(), pending(message, volumes=[volume]), clock()))
    assert "PersistentVolumeClaim db-data does not exist" in found.cause
    assert "create PersistentVolumeClaim db-data" in found.solution
    assert any(item.field == "spec.volumes[data]" for item in found.evidence)


@pytest.mark.parametrize(
    ("reason", "message", "solution"),
    [
        ("FailedAttachVolume", 'Multi-Attach error for volume "pvc-1" Volume is already used by '
         "pod(s) web-0", "still attached to another node"),
        ("FailedAttachVolume", 'AttachVolume.Attach failed for volume "pvc-1" : timed out waiting '
         "for external-attacher of ebs.csi.aws.com CSI driver to attach volume vol-1",
         "CSI driver"),
        ("FailedMount", 'MountVolume.MountDevice failed for volume "pvc-1" : kubernetes.io/csi: '
         "attacher.MountDevice failed to create newCsiDriverClient: driver name ebs.csi.aws.com "
         "not found in the list of registered CSI drivers", "DaemonSet"),
        ("FailedMount", 'MountVolume.SetUp failed for volume "nfs" : mount failed: exit status 32',
         "mount options"),
        ("FailedMount", 'MountVolume.SetUp failed for volume "v" : hostPath type check failed: '
         "/x is not a directory", "check the volume's source"),
    ],
)  # fmt: skip
def test_why_a_volume_is_not_there(
    reason: str, message: str, solution: str, registry_of: Any
) -> None:
    stuck = pod(status=waiting("ContainerCreating"))
    told = event(reason, message, stuck)
    later = event("FailedMount", "Unable to attach or mount volumes: unmounted volumes=[data], "
                  "unattached volumes=[]: timed out waiting for the condition", stuck)  # fmt: skip
    (found,) = about(registry_of(node(), stuck, told, later, clock()))
    assert found.rule == reason
    assert message[:40] in found.cause
    assert solution in found.solution


@pytest.mark.parametrize(
    ("reason", "message", "cause", "solution"),
    [
        ("CreateContainerConfigError", "container has runAsNonRoot and image will run as root "
         '(pod: "p_n(x)", container: c)', "cannot be created", "runAsUser"),
        ("CreateContainerError", "failed to reserve container name c_p_n_1: name is reserved",
         "cannot be created", "slow or hangs"),
        ("RunContainerError", "failed to create containerd task: failed to create shim task: OCI "
         'runtime create failed: runc create failed: unable to start container process: exec: "/a":'
         " stat /a: no such file or directory: unknown", "cannot be started", "command and args"),
        ("RunContainerError", 'OCI runtime create failed: exec: "/app": exec format error: unknown',
         "cannot be started", "architecture"),
        ("CreateContainerError", "container create failed: process_linux.go: container init was "
         "OOM-killed (memory limit too low?)", "cannot be created", "raise the memory limit"),
        ("CreateContainerError", 'failed to prepare subPath for volumeMount "v" of container "c"',
         "cannot be created", "subPath"),
        ("PostStartHookError", "Exec lifecycle hook failed", "kept running", "read the message"),
    ],
)  # fmt: skip
def test_why_a_container_is_not_made(
    reason: str, message: str, cause: str, solution: str, registry_of: Any
) -> None:
    (found,) = about(registry_of(node(), pod(status=waiting(reason, message)), clock()))
    assert found.rule == reason
    assert cause in found.cause
    assert message[:30] in found.cause
    assert solution in found.solution


def crashing(code: int, reason: str, **more: Any) -> dict[str, Any]:
    bad = pod(status=waiting("CrashLoopBackOff", "back-off 5m0s restarting failed container=c"))
    bad["status"]["containerStatuses"][0] |= {
        "restartCount": 6, "lastState": ended(code, reason, **more),
    }  # fmt: skip
    return bad


@pytest.mark.parametrize(
    ("code", "reason", "message", "cause", "solution"),
    [
        (128, "StartError", 'failed to create containerd task: exec: "serve": executable file not '
         "found in $PATH: unknown", "cannot be started", "command and args"),
        (127, "ContainerCannotRun", "OCI runtime create failed: exec: \\\"/app\\\": exec format "
         "error", "cannot be started", "architecture"),  # Docker
        (1, "Error", "exec /usr/local/bin/app: exec format error\n", "crashes", "architecture"),
        (126, "Error", "", "cannot be executed", "cannot be run"),
        (139, "Error", "", "SIGSEGV", "read the log"),
        (143, "Error", "", "SIGTERM", "who ended it"),
        (0, "Completed", "", "ends by itself", "run it as a Job"),
        (255, "Unknown", "", "Unknown, exit code 255", "read the log"),
        (3, "Error", "", "exit code 3", "read the log"),
    ],
)  # fmt: skip
def test_why_a_container_ends(
    code: int, reason: str, message: str, cause: str, solution: str, registry_of: Any
) -> None:
    more = {"message": message} if message else {}
    (found,) = about(registry_of(node(), crashing(code, reason, **more), clock()))
    assert found.rule == "CrashLoopBackOff"
    assert cause in found.cause
    assert "restarted 6 times" in found.cause
    assert solution in found.solution


def test_a_hook_that_fails_is_the_cause_of_the_crash(registry_of: Any) -> None:
    bad = crashing(137, "Error")
    told = event("FailedPostStartHook", "PostStartHook failed", bad, part="spec.containers{c}")
    (found,) = about(registry_of(node(), bad, told, clock()))
    assert "because its postStart hook fails" in found.cause
    assert "postStart hook" in found.solution


@pytest.mark.parametrize(
    ("message", "cause"),
    [
        ('Failed to pull image "x:1": rpc error: code = Unknown desc = reading manifest 1 in '
         "docker.io/library/x: manifest unknown", "does not exist in its registry"),
        ('Failed to pull image "x:1": rpc error: code = Unknown desc = Error response from daemon: '
         "Get https://r/v2/: net/http: request canceled (Client.Timeout exceeded)",
         "cannot be reached"),
        ('Failed to pull image "x:1": failed to do request: http: server gave HTTP response to '
         "HTTPS client", "speaks HTTP"),
        ('Failed to pull image "x:1": write /var/lib/x: no space left on device', "no room"),
        ('Failed to pull image "x:1": short-name "x:1" did not resolve to an alias',
         "names no registry"),
        ('Failed to pull image "x:1": unexpected status from HEAD request: 503 Service '
         "Unavailable", "an error of its own"),
        ('Failed to pull image "x:1": pull QPS exceeded', "limits how many"),
    ],
)  # fmt: skip
def test_an_event_tells_why_an_image_is_not_pulled(
    message: str, cause: str, registry_of: Any
) -> None:
    bad = pod(status=waiting("ImagePullBackOff", 'Back-off pulling image "x:1"'))
    told = event("Failed", message, bad, part="spec.containers{c}")
    (found,) = about(registry_of(node(), bad, told, clock()))
    assert found.rule == "ImagePullBackOff"
    assert cause in found.cause


def test_the_last_failure_of_a_pull_counts_and_the_name_of_the_image_does_not(
    registry_of: Any,
) -> None:
    image = "r.io/timeout/denied:1"
    bad = pod(status=waiting("ErrImagePull", ""))
    bad["spec"]["containers"][0]["image"] = image
    old = event("Failed", f'Failed to pull image "{image}": no such host', bad)
    new = event("Failed", f'Failed to pull image "{image}": {image}: not found', bad)
    (found,) = about(registry_of(node(), bad, old, new, clock()))
    assert "does not exist in its registry" in found.cause


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("InvalidImageName", "is no image name"),
        ("ErrImageNeverPull", "imagePullPolicy Never"),
        ("SignatureValidationFailed", "signature"),
        ("ImageInspectError", "cannot be pulled"),
        ("RegistryUnavailable", "cannot be pulled"),
    ],
)
def test_other_reasons_of_images(reason: str, words: str, registry_of: Any) -> None:
    (found,) = about(registry_of(node(), pod(status=waiting(reason)), clock()))
    assert found.rule == reason
    assert words in found.cause


def failed(reason: str, message: str) -> dict[str, Any]:
    value = pod(status={"phase": "Failed", "reason": reason, "message": message})
    value["status"]["conditions"] = [condition("Ready", "False", reason="PodFailed")]
    value["status"].pop("containerStatuses")
    return value


@pytest.mark.parametrize(
    ("reason", "message", "words", "solution"),
    [
        ("Evicted", "The node was low on resource: ephemeral-storage. Threshold quantity: 1Gi.",
         "ephemeral-storage", "ephemeral-storage"),
        ("Evicted", "Pod ephemeral local storage usage exceeds the total limit of containers 1Gi. ",
         "exceeds the total limit", "ephemeral-storage"),
        ("Evicted", "The node was low on resource: memory. Container c was using 2Gi.",
         "memory", "request the memory"),
        ("Evicted", "The node had condition: [DiskPressure]. ", "DiskPressure", "disk"),
        ("Evicted", "Usage of EmptyDir volume \"cache\" exceeds the limit \"1Gi\". ",
         "EmptyDir", "request what the pod uses"),
        ("DeadlineExceeded", "Pod was active on the node longer than the specified deadline",
         "activeDeadlineSeconds", "log"),
        ("OutOfcpu", "Pod was rejected: Node didn't have enough resource: cpu, requested: 4000",
         "no cpu left", "log"),
        ("NodeAffinity", "Pod was rejected: Predicate NodeAffinity failed", "labels", "log"),
        ("Terminated", "Pod was terminated in response to imminent node shutdown.",
         "shut down", "log"),
        ("UnexpectedAdmissionError", "Allocate failed due to no healthy devices present; cannot "
         "allocate unhealthy devices nvidia.com/gpu, which is unexpected", "admit", "log"),
        ("Preempting", "Preempted in order to admit critical pod", "critical pod", "log"),
    ],
)  # fmt: skip
def test_pods_that_failed_as_a_whole(
    reason: str, message: str, words: str, solution: str, registry_of: Any
) -> None:
    (found,) = about(registry_of(node(), failed(reason, message), clock()))
    assert (found.rule, found.severity) == (reason, "error")
    assert words in found.cause
    assert solution in found.solution


def test_a_failed_pod_that_was_replaced_is_only_a_warning(registry_of: Any) -> None:
    owner = meta("ReplicaSet", "rs", "apps/v1", spec={"replicas": 1}, status={"readyReplicas": 1})
    gone = owned(failed("Evicted", "The node was low on resource: memory."), owner)
    (found,) = about(registry_of(node(), owner, gone, clock()))
    assert found.severity == "warning"


@pytest.mark.parametrize(
    ("message", "words", "solution"),
    [
        ('Error creating: pods "a-" is forbidden: exceeded quota: q, requested: '
         "limits.cpu=2,requests.cpu=1, used: limits.cpu=9,requests.cpu=4, limited: "
         "limits.cpu=10,requests.cpu=4", "quota q is exhausted", "raise ResourceQuota q"),
        ('Error creating: pods "a-" is forbidden: failed quota: q: must specify limits.cpu for: c',
         "must specify", "requests and limits"),
        ('Error creating: pods "a-" is forbidden: violates PodSecurity "restricted:latest": '
         "privileged", "PodSecurity", "Pod Security level"),
        ('Error creating: Internal error occurred: failed calling webhook "w.x.io": failed to call '
         'webhook: Post "https://w.x.svc:443/m?timeout=10s": context deadline exceeded',
         "failed calling webhook", "does not answer"),
        ('Error creating: Internal error occurred: failed calling webhook "w.x.io": Post "https://w":'
         " x509: certificate has expired or is not yet valid", "x509", "certificate"),
        ('Error creating: admission webhook "w.x.io" denied the request: no latest tag',
         "denied the request", "policy"),
        ('Error creating: pods "a-" is forbidden: error looking up service account n/robot: '
         'serviceaccount "robot" not found', "robot", "create the ServiceAccount"),
        ('Error creating: pods "a-" is forbidden: maximum cpu usage per Container is 1, but limit '
         "is 2", "maximum cpu", "LimitRange"),
        ('Error creating: pods "a-" is forbidden: no PriorityClass with name high was found',
         "PriorityClass", "create the PriorityClass"),
        ('Error creating: pods "a-" is forbidden: unable to validate against any pod security '
         "policy: []", "pod security policy", "ServiceAccount"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("kind", ["ReplicaSet", "StatefulSet", "DaemonSet", "Job"])
def test_why_no_pod_is_made(
    kind: str, message: str, words: str, solution: str, registry_of: Any
) -> None:
    api = "batch/v1" if kind == "Job" else "apps/v1"
    owner = meta(kind, "a", api, spec={"replicas": 2}, status={"desiredNumberScheduled": 2})
    (found,) = about(registry_of(owner, event("FailedCreate", message, owner), clock()), kind)
    assert (found.rule, found.severity) == ("FailedCreate", "error")
    assert words in found.cause
    assert solution in found.solution


def test_a_rollout_that_quota_stops_says_so(registry_of: Any) -> None:
    deployment = meta("Deployment", "a", "apps/v1", spec={"replicas": 2}, status={
        "conditions": [condition("Progressing", "True", reason="ReplicaSetUpdated")]})  # fmt: skip
    made = owned(meta("ReplicaSet", "a-1", "apps/v1", spec={"replicas": 2}), deployment)
    message = ('pods "a-1-x" is forbidden: exceeded quota: q, requested: pods=1, used: pods=3, '
               "limited: pods=3")  # fmt: skip
    made["status"] = {"conditions": [condition("ReplicaFailure", "True", message=message)]}
    (found,) = about(registry_of(deployment, made, clock()), "Deployment")
    assert found.rule == "RolloutStuck"
    assert "ReplicaSet a-1 cannot make its pods: quota q is exhausted" in found.cause


def test_a_first_rollout_cannot_go_back_and_a_second_can(registry_of: Any) -> None:
    stuck = condition("Progressing", "True", reason="ReplicaSetUpdated")
    deployment = meta("Deployment", "a", "apps/v1", status={"conditions": [stuck]})
    for revision, can in (("1", False), ("2", True)):
        made = owned(meta("ReplicaSet", "a-1", "apps/v1"), deployment)
        made["metadata"]["annotations"] = {"deployment.kubernetes.io/revision": revision}
        bad = owned(pod(status=waiting("ErrImagePull", "not found")), made)
        (found,) = about(registry_of(node(), deployment, made, bad, clock()), "Deployment")
        assert ("rollout undo" in found.solution) is can


def test_pods_that_are_made_in_parallel_do_not_wait_for_each_other(registry_of: Any) -> None:
    for policy, waits in (("Parallel", False), ("OrderedReady", True)):
        spec = {"replicas": 2, "podManagementPolicy": policy}
        owner = meta("StatefulSet", "s", "apps/v1", spec=spec)
        bad = owned(pod("s-0", status=waiting("ErrImagePull", "not found")), owner)
        (found,) = about(registry_of(node(), owner, bad, clock()), "StatefulSet")
        assert ("the pods after it are not made" in found.cause) is waits


def test_a_rollout_past_its_deadline_repeats_what_the_controller_says(registry_of: Any) -> None:
    says = 'ReplicaSet "a-1" has timed out progressing.'
    stalled = condition("Progressing", "False", reason="ProgressDeadlineExceeded", message=says)
    deployment = meta("Deployment", "a", "apps/v1", status={"conditions": [stalled]})
    (found,) = about(registry_of(deployment, clock()), "Deployment")
    assert (found.rule, found.severity) == ("ProgressDeadlineExceeded", "critical")
    assert says in found.cause


def test_what_a_kubelet_says_of_its_node_is_heard(registry_of: Any) -> None:
    down = node(status={"conditions": [condition("Ready", "False", message="runtime is down")]})
    told = event("NodeNotReady", "Node a status is now: NodeNotReady", down)
    told["involvedObject"]["uid"] = "a"  # a kubelet names its node by its name
    (found,) = about(registry_of(down, told, clock()), "Node")
    assert "runtime is down" in found.cause
    assert any(item.event == "NodeNotReady" for item in found.evidence)
    (found,) = diagnose(registry_of(down, told, clock()), "n")
    assert any(item.event == "NodeNotReady" for item in found.evidence)


def test_the_events_of_a_static_pod_name_the_hash_of_its_manifest(registry_of: Any) -> None:
    static = pod(status=waiting("ErrImagePull"))
    static["metadata"]["annotations"] = {"kubernetes.io/config.mirror": "f00d"}
    told = event("Failed", 'Failed to pull image "x:1": no such host', static)
    told["involvedObject"]["uid"] = "f00d"
    (found,) = about(registry_of(node(), static, told, clock()))
    assert "cannot be reached" in found.cause


@pytest.mark.parametrize(
    ("kind", "status", "rule"),
    [
        ("PIDPressure", "True", "PIDPressure"),
        ("NetworkUnavailable", "True", "NetworkUnavailable"),
        ("KernelDeadlock", "True", "KernelDeadlock"),
        ("FrequentContainerdRestart", "True", "FrequentContainerdRestart"),
        ("StorageReady", "False", "StorageReady"),
        ("ContainerRuntimeReady", "True", None),
        ("NetworkUnavailable", "False", None),
        ("SomethingOfOurs", "True", None),
    ],
)
def test_conditions_of_nodes(kind: str, status: str, rule: str | None, registry_of: Any) -> None:
    some = node()
    some["status"]["conditions"].append(condition(kind, status, message="m"))
    found = about(registry_of(some, clock()), "Node")
    assert [each.rule for each in found] == ([] if rule is None else [rule])


def test_an_init_container_that_never_ends_is_what_the_others_wait_for(registry_of: Any) -> None:
    slow = pod(status=waiting("PodInitializing"))
    slow["spec"]["initContainers"] = [{"name": "wait-for-db", "image": "x:1"}]
    running = {"name": "wait-for-db", "state": {"running": {"startedAt": T1}}}
    slow["status"]["initContainerStatuses"] = [running]
    (found,) = about(registry_of(node(), slow, clock()))
    assert "init container wait-for-db still runs, and the others wait for it" in found.cause


def test_an_init_container_that_used_too_much_memory(registry_of: Any) -> None:
    bad = pod(status=waiting("PodInitializing"))
    bad["spec"]["initContainers"] = [{"name": "i", "resources": {"limits": {"memory": "16Mi"}}}]
    state = {"waiting": {"reason": "CrashLoopBackOff"}}
    status = {"name": "i", "restartCount": 3, "state": state, "lastState": ended(137, "OOMKilled")}
    bad["status"]["initContainerStatuses"] = [status]
    found = about(registry_of(node(), bad, clock()))
    assert found[0].rule == "OOMKilled"
    assert "init container i used more than its memory limit of 16Mi" in found[0].cause


def test_a_sidecar_that_crashes_is_told_as_a_container(registry_of: Any) -> None:
    bad = pod(status=waiting("PodInitializing"))
    bad["spec"]["initContainers"] = [{"name": "proxy", "restartPolicy": "Always"}]
    state = {"waiting": {"reason": "CrashLoopBackOff"}}
    status = {"name": "proxy", "restartCount": 3, "state": state, "lastState": ended(1)}
    bad["status"]["initContainerStatuses"] = [status]
    found = about(registry_of(node(), bad, clock()))
    assert found[0].rule == "CrashLoopBackOff"
    assert found[0].cause.startswith("container proxy crashes: exit code 1")


@pytest.mark.parametrize(
    ("message", "solution"),
    [
        ("network is not ready: container runtime network not ready: NetworkReady=false "
         "reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not "
         "initialized", "not set up on the node"),
        ('Failed to create pod sandbox: rpc error: code = Unknown desc = failed to get sandbox '
         'image "registry.k8s.io/pause:3.9": failed to pull image', "pause image"),
        ("Failed to create pod sandbox: rpc error: code = Unknown desc = failed to get sandbox "
         'runtime: no runtime for "kata" is configured', "RuntimeClass"),
        ("Failed to create pod sandbox: rpc error: code = DeadlineExceeded desc = context deadline "
         "exceeded", "does not answer"),
    ],
)  # fmt: skip
def test_why_there_is_no_sandbox(message: str, solution: str, registry_of: Any) -> None:
    stuck = pod(status=waiting("ContainerCreating"))
    told = event("FailedCreatePodSandBox", message, stuck)
    (found,) = about(registry_of(node(), stuck, told, clock()))
    assert found.rule == "FailedCreatePodSandBox"
    assert solution in found.solution


def test_a_sandbox_that_cannot_be_made_again_after_its_node_restarted(registry_of: Any) -> None:
    again = pod(status=waiting("ContainerCreating"))
    again["status"]["phase"] = "Running"
    again["status"]["containerStatuses"][0] |= {"restartCount": 1, "lastState": ended(255)}
    told = event("FailedCreatePodSandBox", "Failed to create pod sandbox: no route", again)
    (found,) = about(registry_of(node(), again, told, clock()))
    assert found.rule == "FailedCreatePodSandBox"
    told["lastTimestamp"] = T0  # of the first start, long over
    (found,) = about(registry_of(node(), again, told, clock()))
    assert found.rule == "NotReady"
    assert "node a has not started container c again" in found.cause


def test_a_pod_that_cannot_be_killed(registry_of: Any) -> None:
    stuck = pod(metadata={"deletionTimestamp": T1, "deletionGracePeriodSeconds": 30})
    told = event("FailedKillPod", "error killing pod: failed to stop container: unable to kill "
                 "processes in container", stuck)  # fmt: skip
    (found,) = about(registry_of(node(), stuck, told, clock()))
    assert "error killing pod" in found.cause
    assert any(item.event == "FailedKillPod" for item in found.evidence)


def autoscaler(kind: str, status: str, reason: str) -> dict[str, Any]:
    says = condition(kind, status, reason=reason, message="the HPA was unable to compute")
    return meta("HorizontalPodAutoscaler", "h", "autoscaling/v2", status={"conditions": [says]})


def test_an_autoscaler_without_metrics(registry_of: Any) -> None:
    kind = "HorizontalPodAutoscaler"
    blind = autoscaler("ScalingActive", "False", "FailedGetResourceMetric")
    (found,) = about(registry_of(blind, clock()), kind)
    assert found.rule == "FailedGetResourceMetric"
    assert "metrics server" in found.solution
    lost = autoscaler("AbleToScale", "False", "FailedGetScale")
    (found,) = about(registry_of(lost, clock()), kind)
    assert "scaleTargetRef" in found.solution
    assert about(registry_of(autoscaler("ScalingActive", "True", "Valid"), clock()), kind) == []
    resting = autoscaler("ScalingActive", "False", "ScalingDisabled")
    assert about(registry_of(resting, clock()), kind) == []


def test_a_cron_job_that_missed_its_starts(registry_of: Any) -> None:
    job = meta("CronJob", "c", "batch/v1", spec={"schedule": "* * * * *"})
    assert about(registry_of(job, clock()), "CronJob") == []
    told = event("TooManyMissedTimes", "too many missed start times: 101. Set or decrease "
                 ".spec.startingDeadlineSeconds or check clock skew", job)  # fmt: skip
    (found,) = about(registry_of(job, told, clock()), "CronJob")
    assert found.rule == "TooManyMissedTimes"
    assert "startingDeadlineSeconds" in found.solution


def test_a_failed_job_of_a_cron_job_that_ran_well_since_is_a_warning(registry_of: Any) -> None:
    cron = meta("CronJob", "c", "batch/v1", spec={"schedule": "* * * * *"})
    gave_up = condition("Failed", "True", reason="BackoffLimitExceeded")
    failed = owned(meta("Job", "c-1", "batch/v1", status={"conditions": [gave_up]}), cron)
    (found,) = about(registry_of(cron, failed, clock()), "Job")
    assert (found.rule, found.severity) == ("BackoffLimitExceeded", "error")
    done = owned(meta("Job", "c-2", "batch/v1"), cron)
    done["metadata"]["creationTimestamp"] = T1
    done["status"] = {"conditions": [condition("Complete", "True")]}
    (found,) = about(registry_of(cron, failed, done, clock()), "Job")
    assert found.severity == "warning"


def test_a_crash_between_two_runs_is_not_taken_for_its_readiness(registry_of: Any) -> None:
    bad = pod(status={"conditions": [condition("Ready", "False")]})
    bad["spec"]["containers"][0]["readinessProbe"] = {"tcpSocket": {"port": 80}}
    bad["status"]["containerStatuses"][0] |= {
        "ready": False, "restartCount": 5, "lastState": ended(1),
    }  # fmt: skip
    told = event("Unhealthy", "Readiness probe failed: refused", bad, part="spec.containers{c}")
    found = about(registry_of(node(), bad, told, clock()))
    assert found[0].rule == "CrashLoopBackOff"
    assert "exit code 1" in found[0].cause


def test_an_event_that_stands_for_several_is_read_like_one(registry_of: Any) -> None:
    bad = pod(status={"conditions": [condition("Ready", "False")]})
    bad["spec"]["containers"][0]["readinessProbe"] = {"tcpSocket": {"port": 80}}
    bad["status"]["containerStatuses"][0]["ready"] = False
    says = "(combined from similar events): Readiness probe failed: refused"
    told = event("Unhealthy", says, bad, part="spec.containers{c}")
    (found,) = about(registry_of(node(), bad, told, clock()))
    assert found.rule == "Unhealthy"
    assert "readiness probe fails (3 times): refused" in found.cause
    assert any(item.says.startswith(says) for item in found.evidence)


def test_an_api_that_nobody_serves(registry_of: Any) -> None:
    says = condition("Available", "False", reason="MissingEndpoints", message="no endpoints")
    service = {"apiVersion": "apiregistration.k8s.io/v1", "kind": "APIService",
               "metadata": {"name": "v1beta1.metrics.k8s.io"},
               "spec": {"service": {"name": "metrics-server", "namespace": "kube-system"}},
               "status": {"conditions": [says]}}  # fmt: skip
    (found,) = about(registry_of(service, clock()), "APIService")
    assert (found.rule, found.severity) == ("MissingEndpoints", "error")
    assert "kube-system/metrics-server" in found.next_check
    service["status"]["conditions"][0]["status"] = "True"
    assert about(registry_of(service, clock()), "APIService") == []


def test_certificates_that_wait_for_approval(registry_of: Any) -> None:
    def request(name: str, **status: Any) -> dict[str, Any]:
        return {"apiVersion": "certificates.k8s.io/v1", "kind": "CertificateSigningRequest",
                "metadata": {"name": name, "creationTimestamp": T0},
                "spec": {"username": "system:node:a",
                         "signerName": "kubernetes.io/kubelet-serving"},
                "status": status}  # fmt: skip

    kind = "CertificateSigningRequest"
    (found,) = about(registry_of(request("csr-1"), request("csr-2"), clock()), kind)
    assert (found.rule, found.object.name) == ("CertificatePending", "csr-2")
    assert "waits for its approval (asked 2 times)" in found.cause
    denied = request("csr-3", conditions=[{"type": "Denied", "status": "True", "message": "no"}])
    (found,) = about(registry_of(denied, clock()), kind)
    assert "was refused: no" in found.cause
    issued = request("csr-4", certificate="eA==")
    assert about(registry_of(request("csr-1"), issued, clock()), kind) == []


def test_a_budget_that_blocks_a_drain(registry_of: Any) -> None:
    budget = meta("PodDisruptionBudget", "b", "policy/v1",
                  spec={"selector": {"matchLabels": {"app": "db"}}},
                  status={"disruptionsAllowed": 0, "expectedPods": 1, "currentHealthy": 1,
                          "desiredHealthy": 1})  # fmt: skip
    member = pod(metadata={"labels": {"app": "db"}})
    kind = "PodDisruptionBudget"
    cordoned = node(spec={"unschedulable": True})
    (found,) = about(registry_of(cordoned, budget, member, clock()), kind)
    assert "node a cannot be drained of p" in found.cause
    assert about(registry_of(node(), budget, member, clock()), kind) == []
    assert about(registry_of(cordoned, budget, pod(), clock()), kind) == []


def test_components_that_have_no_leader(registry_of: Any) -> None:
    def lease(renewed: str) -> dict[str, Any]:
        value = clock()
        value["metadata"] = {"name": "kube-scheduler", "namespace": "kube-system",
                             "creationTimestamp": renewed[:19] + "Z"}  # fmt: skip
        value["spec"] = {"holderIdentity": "cp-1_x", "leaseDurationSeconds": 15,
                         "renewTime": renewed}  # fmt: skip
        return value

    (found,) = about(registry_of(lease("2026-01-01T10:50:00.000000Z"), clock()), "Lease")
    assert (found.rule, found.severity) == ("NoLeader", "critical")
    assert "no leader for 600 s: no pod gets a node" in found.cause
    assert about(registry_of(lease("2026-01-01T10:59:50.000000Z"), clock()), "Lease") == []
    # One that runs alone may have stopped electing itself: its work is done all the same.
    placed = pod()
    placed["status"]["conditions"][0]["lastTransitionTime"] = "2026-01-01T10:58:00Z"
    stale = lease("2026-01-01T10:50:00.000000Z")
    assert about(registry_of(node(), stale, placed, clock()), "Lease") == []


def test_a_node_that_is_silent_before_anyone_noticed(registry_of: Any) -> None:
    def lease(name: str, minute: int) -> dict[str, Any]:
        value = clock()
        value["metadata"] |= {"name": name, "creationTimestamp": f"2026-01-01T10:{minute}:00Z"}
        value["spec"] |= {"holderIdentity": name, "renewTime": f"2026-01-01T10:{minute}:00.000001Z"}
        return value

    quiet = [lease("a", 58), lease("b", 58), lease("c", 59), clock()]
    (found,) = about(registry_of(node("b"), *quiet), "Node")
    assert (found.rule, found.severity) == ("NodeSilent", "warning")
    assert "has renewed its Lease for 1" in found.cause
    assert about(registry_of(node("a"), *quiet), "Node") == []


def test_a_claim_that_cannot_go_names_the_pod_that_uses_it(registry_of: Any) -> None:
    claim = meta("PersistentVolumeClaim", "data", metadata={
        "deletionTimestamp": T1, "finalizers": ["kubernetes.io/pvc-protection"]})  # fmt: skip
    volume = {"name": "v", "persistentVolumeClaim": {"claimName": "data"}}
    user = pod(spec={"volumes": [volume]})
    (found,) = about(registry_of(node(), claim, user, clock()), "PersistentVolumeClaim")
    assert "held by kubernetes.io/pvc-protection: pod p uses it" in found.cause


def test_a_volume_that_was_not_reclaimed(registry_of: Any) -> None:
    volume = {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": "pv-1"},
              "status": {"phase": "Failed", "message": "volume is still attached"}}  # fmt: skip
    (found,) = about(registry_of(volume, clock()), "PersistentVolume")
    assert "could not be reclaimed: volume is still attached" in found.cause


def test_claims_and_their_provisioners(registry_of: Any) -> None:
    kind = "PersistentVolumeClaim"
    claim = meta(kind, "data", spec={"storageClassName": "fast"}, status={"phase": "Pending"})
    storage = {"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass",
               "metadata": {"name": "fast"}, "volumeBindingMode": "Immediate"}  # fmt: skip
    told = event("ProvisioningFailed", "failed to provision volume: quota of the cloud", claim)
    (found,) = about(registry_of(storage, claim, told, clock()), kind)
    assert found.rule == "ProvisioningFailed"
    assert "quota of the cloud" in found.cause
    storage["volumeBindingMode"] = "WaitForFirstConsumer"
    assert about(registry_of(storage, claim, clock()), kind) == []


def test_a_service_of_a_workload_that_rests_is_no_error(registry_of: Any) -> None:
    service = meta("Service", "web", spec={"selector": {"app": "web"}})
    piece = meta("EndpointSlice", "web-1", "discovery.k8s.io/v1", endpoints=[])
    piece["metadata"]["labels"] = {"kubernetes.io/service-name": "web"}
    template = {"metadata": {"labels": {"app": "web", "v": "1"}}}
    resting = meta("Deployment", "web", "apps/v1", spec={"replicas": 0, "template": template})
    (found,) = about(registry_of(service, piece, resting, clock()), "Service")
    assert found.severity == "info"
    assert "Deployment web, whose pods it selects, is scaled to 0" in found.cause


def test_pods_of_a_daemon_set_where_they_should_not_be(registry_of: Any) -> None:
    daemons = meta("DaemonSet", "d", "apps/v1", status={"numberMisscheduled": 2})
    (found,) = about(registry_of(daemons, clock()), "DaemonSet")
    assert (found.rule, found.severity) == ("Misscheduled", "info")


def test_what_is_well_has_no_finding(registry_of: Any) -> None:
    """Completed, restarted long ago, with a sidecar, static, of an old release without times."""
    done = pod("done", status={"phase": "Succeeded"})
    sidecar = pod("sidecar")
    sidecar["spec"]["initContainers"] = [{"name": "proxy", "restartPolicy": "Always"}]
    sidecar["status"]["initContainerStatuses"] = [
        {"name": "proxy", "started": True, "state": {"running": {"startedAt": T1}}}
    ]
    initialised = pod("initialised")
    initialised["spec"]["initContainers"] = [{"name": "i"}]
    initialised["status"]["initContainerStatuses"] = [{"name": "i", "state": ended(0, "Completed")}]
    old = pod("old")
    for each in old["status"]["conditions"]:
        each.pop("lastTransitionTime")
    gone_by = event("Unhealthy", "Readiness probe failed: once, at the start", old)
    late = event("FailedScheduling", "0/1 nodes are available: 1 Insufficient cpu.", sidecar)
    registry = registry_of(node(), done, sidecar, initialised, old, gone_by, late, clock())
    assert diagnose(registry) == []
