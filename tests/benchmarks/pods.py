"""Distinct, realistic pods as etcd stores them, made quickly: three moments of a pod's life.

A pod is built once for each shape of workload and moment, with marks of fixed length where pods
differ; a further pod is the same bytes with other marks, so that no length changes.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, NamedTuple

from etcdpod.kube.schema import message_class

if TYPE_CHECKING:
    from collections.abc import Iterator

ENVELOPE = b"k8s\x00"
NAMESPACES = 200
NODES = 150
START = 1_795_000_000
"""Unix time of the first pod; every pod is created a second after the one before it."""

MARKS = {
    "name": "app-0000000000-mmmmm",
    "uid": "00000000-0000-4000-8000-000000000000",
    "owner": "11111111-1111-4111-8111-111111111111",
    "namespace": "ns-xxx",
    "node": "worker-yyy",
    "ip": "10.200.200.200",
    "hash": "0000000000",
    "container": "c" * 64,
    "digest": "d" * 64,
}
SHAPES = (("web",), ("api", "envoy"), ("worker",), ("db", "exporter"))


class StoredPod(NamedTuple):
    """One pod: its key and its value at each moment, in order."""

    key: str
    values: tuple[bytes, ...]


def pods(count: int, revisions: int) -> Iterator[StoredPod]:
    """``count`` distinct pods, each as it was created, scheduled, running, and restarted."""
    templates = [
        [_template(shape, min(moment, 2), moment) for moment in range(revisions)]
        for shape in SHAPES
    ]
    for number in range(count):
        marks = _marks(number)
        namespace, name = marks["namespace"], marks["name"]
        shape = templates[number % len(SHAPES)]
        values = tuple(_fill(template, marks, number) for template in shape)
        yield StoredPod(f"/registry/pods/{namespace}/{name}", values)


def pod_name(number: int) -> str:
    """``namespace/name`` of the pod of that number."""
    marks = _marks(number)
    return f"{marks['namespace']}/{marks['name']}"


def _marks(number: int) -> dict[str, str]:
    digest = hashlib.sha256(str(number).encode()).hexdigest()
    replica_set = hashlib.sha256(str(number // 5).encode()).hexdigest()
    letters = digest.translate(str.maketrans("abcdef0123456789", "bcdfghjklmnpqrst"))
    first, second, third = (100 + (number // step) % 150 for step in (22500, 150, 1))
    return {
        "name": f"app-{replica_set[:10]}-{letters[:5]}",
        "uid": f"{digest[:8]}-{digest[8:12]}-4{digest[13:16]}-8{digest[17:20]}-{digest[20:32]}",
        "owner": f"{replica_set[:8]}-aaaa-4aaa-8aaa-{replica_set[8:20]}",
        "namespace": f"ns-{number % NAMESPACES:03d}",
        "node": f"worker-{number % NODES:03d}",
        "ip": f"10.{first}.{second}.{third}",
        "hash": replica_set[:10],
        "container": digest,
        "digest": replica_set,
    }


def _fill(template: bytes, marks: dict[str, str], number: int) -> bytes:
    for mark, text in marks.items():
        template = template.replace(MARKS[mark].encode(), text.encode())
    return template.replace(_varint(START), _varint(START + number))


def _varint(number: int) -> bytes:
    encoded = bytearray()
    while number >= 0x80:
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    encoded.append(number)
    return bytes(encoded)


def _map(entries: dict[str, Any]) -> list[dict[str, Any]]:
    """A map as the schemas have it: a list of entries, whose order is kept."""
    return [{"key": key, "value": value} for key, value in entries.items()]


def _template(shape: tuple[str, ...], moment: int, restarts: int) -> bytes:
    pod = message_class("k8s.io.api.core.v1.Pod")(
        metadata=_metadata(shape, moment), spec=_spec(shape, moment), status=_status(shape, moment)
    )
    for status in pod.status.containerStatuses:
        status.restartCount = restarts - moment
    unknown = message_class("k8s.io.apimachinery.pkg.runtime.Unknown")(
        typeMeta={"apiVersion": "v1", "kind": "Pod"},
        raw=pod.SerializeToString(),
        contentEncoding="",
        contentType="",
    )
    return ENVELOPE + unknown.SerializeToString()


def _metadata(shape: tuple[str, ...], moment: int) -> dict[str, Any]:
    template_fields = ",".join(
        f'"k:{{\\"name\\":\\"{name}\\"}}":{{".":{{}},"f:image":{{}},"f:imagePullPolicy":{{}},'
        '"f:name":{},"f:ports":{".":{}},"f:resources":{".":{},"f:limits":{".":{},"f:memory":{}},'
        '"f:requests":{".":{},"f:cpu":{},"f:memory":{}}},"f:terminationMessagePath":{},'
        '"f:terminationMessagePolicy":{}}'
        for name in shape
    )
    made = (
        '{"f:metadata":{"f:generateName":{},"f:labels":{".":{},"f:app":{},"f:pod-template-hash"'
        f':{{}}}},"f:ownerReferences":{{".":{{}},"k:{{\\"uid\\":\\"{MARKS["owner"]}\\"}}":{{}}}}}},'
        f'"f:spec":{{"f:containers":{{{template_fields}}},"f:dnsPolicy":{{}},'
        '"f:enableServiceLinks":{},"f:restartPolicy":{},"f:schedulerName":{},'
        '"f:securityContext":{},"f:terminationGracePeriodSeconds":{}}}'
    )
    conditions = ",".join(
        f'"k:{{\\"type\\":\\"{name}\\"}}":{{".":{{}},"f:lastProbeTime":{{}},'
        '"f:lastTransitionTime":{},"f:observedGeneration":{},"f:status":{},"f:type":{}}'
        for name in ("ContainersReady", "Initialized", "PodReadyToStartContainers", "Ready")
    )
    ran = (
        f'{{"f:status":{{"f:conditions":{{{conditions}}},"f:containerStatuses":{{}},"f:hostIP":{{}},'
        '"f:phase":{},"f:podIP":{},"f:podIPs":{".":{},"k:{\\"ip\\":\\"'
        f'{MARKS["ip"]}\\"}}":{{".":{{}},"f:ip":{{}}}}}},"f:startTime":{{}}}}}}'
    )
    managed = [_managed("kube-controller-manager", made, "")]
    if moment == 2:
        managed.append(_managed("kubelet", ran, "status"))
    return {
        "name": MARKS["name"],
        "generateName": f"app-{MARKS['hash']}-",
        "namespace": MARKS["namespace"],
        "selfLink": "",
        "resourceVersion": "",
        "uid": MARKS["uid"],
        "generation": 1,
        "creationTimestamp": {"seconds": START, "nanos": 0},
        "labels": _map({"app": shape[0], "pod-template-hash": MARKS["hash"]}),
        "annotations": _map(
            {
                "example.com/owner": "team-of-the-benchmark",
                "prometheus.io/path": "/metrics",
                "prometheus.io/port": "8080",
            }
        ),
        "ownerReferences": [
            {
                "kind": "ReplicaSet",
                "name": f"app-{MARKS['hash']}",
                "uid": MARKS["owner"],
                "apiVersion": "apps/v1",
                "controller": True,
                "blockOwnerDeletion": True,
            }
        ],
        "managedFields": managed,
    }


def _managed(manager: str, fields: str, subresource: str) -> dict[str, Any]:
    return {
        "manager": manager,
        "operation": "Update",
        "apiVersion": "v1",
        "time": {"seconds": START, "nanos": 0},
        "fieldsType": "FieldsV1",
        "fieldsV1": {"Raw": fields.encode()},
        "subresource": subresource,
    }


def _spec(shape: tuple[str, ...], moment: int) -> dict[str, Any]:
    token = "kube-api-access-abcde"
    return {
        "volumes": [
            {
                "name": token,
                "volumeSource": {
                    "projected": {
                        "sources": [
                            {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
                            {"configMap": {"localObjectReference": {"name": "kube-root-ca.crt"}}},
                        ],
                        "defaultMode": 420,
                    }
                },
            }
        ],
        "containers": [_container(name, token) for name in shape],
        "restartPolicy": "Always",
        "terminationGracePeriodSeconds": 30,
        "dnsPolicy": "ClusterFirst",
        "serviceAccountName": "default",
        "serviceAccount": "default",
        "nodeName": MARKS["node"] if moment > 0 else "",
        "hostNetwork": False,
        "hostPID": False,
        "hostIPC": False,
        "hostname": "",
        "subdomain": "",
        "priorityClassName": "",
        "securityContext": {},
        "schedulerName": "default-scheduler",
        "tolerations": [
            {
                "key": f"node.kubernetes.io/{taint}",
                "operator": "Exists",
                "value": "",
                "effect": "NoExecute",
                "tolerationSeconds": 300,
            }
            for taint in ("not-ready", "unreachable")
        ],
        "priority": 0,
        "enableServiceLinks": True,
        "preemptionPolicy": "PreemptLowerPriority",
    }


def _container(name: str, token: str) -> dict[str, Any]:
    return {
        "name": name,
        "image": f"registry.example.com/shop/{name}:2.4.1",
        "workingDir": "",
        "stdin": False,
        "stdinOnce": False,
        "tty": False,
        "ports": [
            {
                "name": "http",
                "hostPort": 0,
                "containerPort": 8080,
                "protocol": "TCP",
                "hostIP": "",
            }
        ],
        "env": [{"name": "LOG_LEVEL", "value": "info"}],
        "resources": {
            "limits": _map({"memory": {"string": "256Mi"}}),
            "requests": _map({"cpu": {"string": "100m"}, "memory": {"string": "128Mi"}}),
        },
        "volumeMounts": [
            {
                "name": token,
                "readOnly": True,
                "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount",
                "subPath": "",
                "subPathExpr": "",
            }
        ],
        "terminationMessagePath": "/dev/termination-log",
        "imagePullPolicy": "IfNotPresent",
        "terminationMessagePolicy": "File",
    }


def _status(shape: tuple[str, ...], moment: int) -> dict[str, Any]:
    unset = dict.fromkeys(("message", "reason", "nominatedNodeName", "resize"), "")
    if moment < 2:
        conditions = [_condition("PodScheduled")] * moment
        pending = {"phase": "Pending", "hostIP": "", "podIP": "", "qosClass": "Burstable"}
        return {**unset, **pending, "conditions": conditions}
    names = ("PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled")
    return {
        **unset,
        "phase": "Running",
        "conditions": [_condition(name) for name in names],
        "hostIP": "192.0.2.10",
        "hostIPs": [{"ip": "192.0.2.10"}],
        "podIP": MARKS["ip"],
        "podIPs": [{"ip": MARKS["ip"]}],
        "startTime": {"seconds": START, "nanos": 0},
        "qosClass": "Burstable",
        "containerStatuses": [
            {
                "name": name,
                "state": {"running": {"startedAt": {"seconds": START, "nanos": 0}}},
                "lastState": {},
                "ready": True,
                "restartCount": 0,
                "image": f"registry.example.com/shop/{name}:2.4.1",
                "imageID": f"registry.example.com/shop/{name}@sha256:{MARKS['digest']}",
                "containerID": f"containerd://{MARKS['container']}",
                "started": True,
            }
            for name in shape
        ],
    }


def _condition(name: str) -> dict[str, Any]:
    moment = {"seconds": START, "nanos": 0}
    return {
        "type": name,
        "status": "True",
        "lastProbeTime": {},
        "lastTransitionTime": moment,
        "reason": "",
        "message": "",
        "observedGeneration": 1,
    }
