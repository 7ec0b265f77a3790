"""The columns of kinds that no recording shows, by kubectl's rules."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from etcdpod.kube.model.types import ResourceTypes
from etcdpod.kubectl.tables.layout import layout
from etcdpod.kubectl.tables.printers import PRINTERS, printer_for

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
TYPES = ResourceTypes()
CREATED = "2026-01-01T11:00:00Z"
TEMPLATE = {
    "metadata": {"labels": {"app": "x"}},
    "spec": {"containers": [{"name": "a", "image": "i:1"}, {"name": "b", "image": "j:2"}]},
}
SELECTOR = {
    "matchLabels": {"app": "x"},
    "matchExpressions": [
        {"key": "tier", "operator": "NotIn", "values": ["z", "y"]},
        {"key": "canary", "operator": "DoesNotExist"},
        {"key": "b", "operator": "Exists"},
        {"key": "a", "operator": "In", "values": ["1"]},
    ],
}
SELECTED = "a in (1),app=x,b,!canary,tier notin (y,z)"


def shown(kind, thing, *, wide=True, metadata=None):
    """The table of one object, as a mapping from header to cell."""
    thing = {"metadata": {"name": "x", "creationTimestamp": CREATED, **(metadata or {})}, **thing}
    table = layout(printer_for(TYPES.resolve(kind)), NOW, wide=wide)
    return dict(zip(table.header, table.row(thing), strict=True))


def test_every_built_in_kind_has_a_printer_that_takes_an_empty_object():
    for kind in TYPES.all():
        printer = printer_for(kind)
        assert len(printer.cells({"metadata": {"name": "x"}}, NOW)) == len(printer.columns)
        assert printer.columns[printer.name_column].name == "NAME"


def test_no_kind_has_two_printers():
    names = [(group, printer.kind) for printer in PRINTERS for group in printer.groups]

    assert len(names) == len(set(names))
    assert {kind.kind for kind in TYPES.all()} >= {printer.kind for printer in PRINTERS}


@pytest.mark.parametrize(
    ("kind", "thing", "cells"),
    [
        ("deployments",
         {"spec": {"replicas": 3, "selector": SELECTOR, "template": TEMPLATE},
          "status": {"readyReplicas": 2, "updatedReplicas": 1, "availableReplicas": 2}},
         {"NAME": "x", "READY": "2/3", "UP-TO-DATE": "1", "AVAILABLE": "2", "AGE": "60m",
          "CONTAINERS": "a,b", "IMAGES": "i:1,j:2", "SELECTOR": SELECTED}),
        ("rs", {"spec": {"replicas": 0, "template": TEMPLATE}, "status": {"replicas": 0}},
         {"DESIRED": "0", "CURRENT": "0", "READY": "0", "SELECTOR": "<none>"}),
        ("rc", {"spec": {"replicas": 1, "selector": {"b": "2", "a": "1"}}, "status": {}},
         {"DESIRED": "1", "SELECTOR": "a=1,b=2", "CONTAINERS": ""}),
        ("sts", {"spec": {"replicas": 2, "template": TEMPLATE}, "status": {"readyReplicas": 1}},
         {"READY": "1/2", "IMAGES": "i:1,j:2"}),
        ("ds",
         {"spec": {"template": {"spec": {"nodeSelector": {"os": "linux"}}}},
          "status": {"desiredNumberScheduled": 3, "currentNumberScheduled": 2, "numberReady": 1}},
         {"DESIRED": "3", "CURRENT": "2", "READY": "1", "UP-TO-DATE": "0", "AVAILABLE": "0",
          "NODE SELECTOR": "os=linux", "AGE": "60m"}),
        ("jobs",
         {"spec": {"completions": 3},
          "status": {"succeeded": 3, "startTime": "2026-01-01T11:00:00Z",
                     "completionTime": "2026-01-01T11:02:05Z",
                     "conditions": [{"type": "Complete", "status": "True"}]}},
         {"STATUS": "Complete", "COMPLETIONS": "3/3", "DURATION": "2m5s"}),
        ("jobs", {"spec": {"parallelism": 4}, "status": {"startTime": "2026-01-01T11:59:00Z"}},
         {"STATUS": "Running", "COMPLETIONS": "0/1 of 4", "DURATION": "60s"}),
        ("jobs", {"spec": {}, "status": {"conditions": [{"type": "Failed", "status": "True"}]}},
         {"STATUS": "Failed", "COMPLETIONS": "0/1", "DURATION": ""}),
        ("jobs", {"spec": {}, "status": {"conditions": [{"type": "Suspended", "status": "True"}]}},
         {"STATUS": "Suspended"}),
        ("cj",
         {"spec": {"schedule": "*/5 * * * *", "suspend": False, "timeZone": "Etc/UTC",
                   "jobTemplate": {"spec": {"template": TEMPLATE}}},
          "status": {"active": [{"name": "a"}], "lastScheduleTime": "2026-01-01T11:55:00Z"}},
         {"SCHEDULE": "*/5 * * * *", "TIMEZONE": "Etc/UTC", "SUSPEND": "False", "ACTIVE": "1",
          "LAST SCHEDULE": "5m", "CONTAINERS": "a,b", "SELECTOR": "<none>"}),
        ("cj", {"spec": {"schedule": "@daily"}},
         {"TIMEZONE": "<none>", "SUSPEND": "<unset>", "ACTIVE": "0", "LAST SCHEDULE": "<none>"}),
        ("podtemplates", {"template": TEMPLATE},
         {"CONTAINERS": "a,b", "IMAGES": "i:1,j:2", "POD LABELS": "app=x"}),
        ("nodes",
         {"spec": {"unschedulable": True},
          "status": {"conditions": [{"type": "Ready", "status": "Unknown"}],
                     "addresses": [{"type": "InternalIP", "address": "10.0.0.1"}],
                     "nodeInfo": {"kubeletVersion": "v1.30.0", "kernelVersion": "6.1"}}},
         {"STATUS": "NotReady,SchedulingDisabled", "ROLES": "<none>", "VERSION": "v1.30.0",
          "INTERNAL-IP": "10.0.0.1", "EXTERNAL-IP": "<none>", "OS-IMAGE": "<unknown>",
          "KERNEL-VERSION": "6.1", "CONTAINER-RUNTIME": "<unknown>"}),
        ("svc",
         {"spec": {"type": "NodePort", "clusterIPs": ["10.0.0.1", "fd00::1"],
                   "ports": [{"port": 80, "nodePort": 30080, "protocol": "TCP"},
                             {"port": 53, "protocol": "UDP"}], "selector": {"app": "x"}}},
         {"TYPE": "NodePort", "CLUSTER-IP": "10.0.0.1", "EXTERNAL-IP": "<none>",
          "PORT(S)": "80:30080/TCP,53/UDP", "SELECTOR": "app=x"}),
        ("svc",
         {"spec": {"type": "LoadBalancer", "externalIPs": ["1.2.3.4"]},
          "status": {"loadBalancer": {"ingress": [{"hostname": "lb"}, {"ip": "5.6.7.8"}]}}},
         {"CLUSTER-IP": "<none>", "EXTERNAL-IP": "5.6.7.8,lb,1.2.3.4", "PORT(S)": "<none>"}),
        ("svc", {"spec": {"type": "LoadBalancer"}}, {"EXTERNAL-IP": "<pending>"}),
        ("svc", {"spec": {"type": "ExternalName", "externalName": "db.example.com"}},
         {"EXTERNAL-IP": "db.example.com", "SELECTOR": "<none>"}),
        ("ep",
         {"subsets": [{"addresses": [{"ip": "10.0.0.1"}, {"ip": "fd00::1"}],
                       "ports": [{"port": 80}, {"port": 443}]}]},
         {"ENDPOINTS": "10.0.0.1:80,[fd00::1]:80,10.0.0.1:443 + 1 more..."}),
        ("ep", {"subsets": [{"addresses": [{"ip": "10.0.0.1"}]}]}, {"ENDPOINTS": "10.0.0.1"}),
        ("ep", {}, {"ENDPOINTS": "<none>"}),
        ("endpointslices",
         {"addressType": "IPv4", "ports": [{"port": 80}, {"name": "http"}, {}, {"port": 1}],
          "endpoints": [{"addresses": ["a", "b"]}]},
         {"PORTS": "80,http,* + 1 more...", "ENDPOINTS": "a,b"}),
        ("endpointslices", {"addressType": "IPv6", "ports": None, "endpoints": None},
         {"PORTS": "<unset>", "ENDPOINTS": "<unset>"}),
        ("ing",
         {"spec": {"ingressClassName": "nginx", "tls": [{}],
                   "rules": [{"host": h} for h in ("a", "b", "c", "d", "e")]},
          "status": {"loadBalancer": {"ingress": [{"ip": "2.2.2.2"}, {"ip": "1.1.1.1"}]}}},
         {"CLASS": "nginx", "HOSTS": "a,b,c + 2 more...", "ADDRESS": "1.1.1.1,2.2.2.2",
          "PORTS": "80, 443"}),
        ("ing", {"spec": {"rules": [{}]}}, {"CLASS": "<none>", "HOSTS": "*", "PORTS": "80"}),
        ("ingressclasses",
         {"spec": {"controller": "x/y",
                   "parameters": {"kind": "P", "apiGroup": "g.io", "name": "n"}}},
         {"CONTROLLER": "x/y", "PARAMETERS": "P.g.io/n"}),
        ("netpol", {"spec": {"podSelector": {}}}, {"POD-SELECTOR": "<none>"}),
        ("ip",
         {"spec": {"parentRef": {"resource": "services", "namespace": "default", "name": "k"}}},
         {"PARENTREF": "services/default/k"}),
        ("servicecidrs", {"spec": {"cidrs": ["10.0.0.0/16", "fd00::/64"]}},
         {"CIDRS": "10.0.0.0/16,fd00::/64"}),
        ("pv",
         {"spec": {"capacity": {"storage": "8Gi"}, "accessModes": ["ReadWriteMany",
          "ReadWriteOnce", "ReadWriteOnce"], "persistentVolumeReclaimPolicy": "Retain",
          "claimRef": {"namespace": "shop", "name": "db"}, "storageClassName": "fast",
          "volumeMode": "Block"}, "status": {"phase": "Bound"}},
         {"CAPACITY": "8Gi", "ACCESS MODES": "RWO,RWX", "RECLAIM POLICY": "Retain",
          "STATUS": "Bound", "CLAIM": "shop/db", "STORAGECLASS": "fast",
          "VOLUMEATTRIBUTESCLASS": "<unset>", "REASON": "", "VOLUMEMODE": "Block"}),
        ("pvc",
         {"spec": {"volumeName": "pv-1", "storageClassName": "fast"},
          "status": {"phase": "Bound", "capacity": {"storage": "1Gi"},
                     "accessModes": ["ReadWriteOncePod"]}},
         {"STATUS": "Bound", "VOLUME": "pv-1", "CAPACITY": "1Gi", "ACCESS MODES": "RWOP",
          "VOLUMEMODE": "<unset>"}),
        ("pvc", {"spec": {}, "status": {"phase": "Pending", "capacity": {"storage": "1Gi"}}},
         {"VOLUME": "", "CAPACITY": "", "ACCESS MODES": "", "STORAGECLASS": ""}),
        ("sc", {"provisioner": "csi.example.com", "allowVolumeExpansion": True},
         {"RECLAIMPOLICY": "Delete", "VOLUMEBINDINGMODE": "Immediate",
          "ALLOWVOLUMEEXPANSION": "true"}),
        ("volumeattachments",
         {"spec": {"attacher": "csi", "nodeName": "n", "source": {"persistentVolumeName": "pv"}},
          "status": {"attached": False}},
         {"ATTACHER": "csi", "PV": "pv", "NODE": "n", "ATTACHED": "false"}),
        ("csinodes", {"spec": {"drivers": [{"name": "a"}]}}, {"DRIVERS": "1"}),
        ("csidrivers",
         {"spec": {"podInfoOnMount": True, "tokenRequests": [{"audience": "a"}, {"audience": "b"}],
                   "volumeLifecycleModes": ["Persistent"]}},
         {"ATTACHREQUIRED": "true", "PODINFOONMOUNT": "true", "STORAGECAPACITY": "false",
          "TOKENREQUESTS": "a,b", "REQUIRESREPUBLISH": "false", "MODES": "Persistent"}),
        ("csistoragecapacities", {"storageClassName": "fast", "capacity": "1Ti"},
         {"STORAGECLASSNAME": "fast", "CAPACITY": "1Ti"}),
        ("vac", {"driverName": "csi"}, {"DRIVERNAME": "csi"}),
        ("quota",
         {"status": {"hard": {"limits.cpu": "4", "pods": "10", "cpu": "2"}, "used": {"pods": "3"}}},
         {"REQUEST": "cpu: 0/2, pods: 3/10", "LIMIT": "limits.cpu: 0/4"}),
        ("limits", {"spec": {}}, {"CREATED AT": CREATED}),
        ("crd", {"spec": {}}, {"CREATED AT": CREATED}),
        ("workloads", {"spec": {}}, {"CREATED AT": CREATED}),
        ("pdb", {"spec": {"minAvailable": 0}, "status": {"disruptionsAllowed": 1}},
         {"MIN AVAILABLE": "0", "MAX UNAVAILABLE": "N/A", "ALLOWED DISRUPTIONS": "1"}),
        ("pdb", {"spec": {"maxUnavailable": "20%"}},
         {"MIN AVAILABLE": "N/A", "MAX UNAVAILABLE": "20%", "ALLOWED DISRUPTIONS": "0"}),
        ("runtimeclasses", {"handler": "gvisor"}, {"HANDLER": "gvisor"}),
        ("rolebindings",
         {"roleRef": {"kind": "Role", "name": "r"},
          "subjects": [{"kind": "ServiceAccount", "namespace": "ns", "name": "sa"},
                       {"kind": "User", "name": "u"}, {"kind": "Group", "name": "g"},
                       {"kind": "User", "name": "v"}]},
         {"ROLE": "Role/r", "USERS": "u, v", "GROUPS": "g", "SERVICEACCOUNTS": "ns/sa"}),
        ("csr",
         {"spec": {"signerName": "s", "username": "u", "expirationSeconds": 3600},
          "status": {"conditions": [{"type": "Approved"}], "certificate": "Zm9v"}},
         {"SIGNERNAME": "s", "REQUESTOR": "u", "REQUESTEDDURATION": "60m",
          "CONDITION": "Approved,Issued"}),
        ("csr", {"spec": {}, "status": {"conditions": [{"type": "Denied"}, {"type": "Failed"}]}},
         {"SIGNERNAME": "<none>", "REQUESTEDDURATION": "<none>", "CONDITION": "Denied,Failed"}),
        ("clustertrustbundles", {"spec": {}}, {"SIGNERNAME": "<none>"}),
        ("mutatingwebhookconfigurations", {"webhooks": [{}, {}]}, {"WEBHOOKS": "2"}),
        ("validatingadmissionpolicies",
         {"spec": {"validations": [{}], "paramKind": {"apiVersion": "v1", "kind": "ConfigMap"}}},
         {"VALIDATIONS": "1", "PARAMKIND": "v1/ConfigMap"}),
        ("mutatingadmissionpolicies", {"spec": {"mutations": [{}, {}]}},
         {"MUTATIONS": "2", "PARAMKIND": "<unset>"}),
        ("validatingadmissionpolicybindings",
         {"spec": {"policyName": "p", "paramRef": {"name": "n"}}},
         {"POLICYNAME": "p", "PARAMREF": "*/n"}),
        ("mutatingadmissionpolicybindings",
         {"spec": {"policyName": "p", "paramRef": {"selector": {"matchLabels": {"a": "b"}}}}},
         {"PARAMREF": "&LabelSelector{MatchLabels:map[string]string{a: b,},"
                      "MatchExpressions:[]LabelSelectorRequirement{},}"}),
        ("flowschemas",
         {"spec": {"priorityLevelConfiguration": {"name": "l"}, "matchingPrecedence": 10},
          "status": {"conditions": [{"type": "Dangling", "status": "False"}]}},
         {"PRIORITYLEVEL": "l", "MATCHINGPRECEDENCE": "10", "DISTINGUISHERMETHOD": "<none>",
          "MISSINGPL": "False"}),
        ("prioritylevelconfigurations",
         {"spec": {"type": "Limited", "limited": {"nominalConcurrencyShares": 0,
          "limitResponse": {"queuing": {"queues": 64, "handSize": 6, "queueLengthLimit": 50}}}}},
         {"TYPE": "Limited", "NOMINALCONCURRENCYSHARES": "0", "QUEUES": "64", "HANDSIZE": "6",
          "QUEUELENGTHLIMIT": "50"}),
        ("prioritylevelconfigurations", {"spec": {"type": "Exempt"}},
         {"NOMINALCONCURRENCYSHARES": "<none>", "QUEUES": "<none>"}),
        ("apiservices",
         {"spec": {"service": {"namespace": "ns", "name": "svc"}},
          "status": {"conditions": [{"type": "Available", "status": "False",
                                     "reason": "MissingEndpoints"}]}},
         {"SERVICE": "ns/svc", "AVAILABLE": "False (MissingEndpoints)"}),
        ("apiservices", {"spec": {}}, {"SERVICE": "Local", "AVAILABLE": "Unknown"}),
        ("storageversions",
         {"status": {"storageVersions": [{"apiServerID": "a", "encodingVersion": "v1"}]}},
         {"COMMONENCODINGVERSION": "<unset>", "STORAGEVERSIONS": "a=v1"}),
        ("resourceclaims", {"status": {"allocation": {}, "reservedFor": [{"uid": "u"}]}},
         {"STATE": "allocated,reserved"}),
        ("resourceclaims", {}, {"STATE": "pending"}),
        ("resourceslices", {"spec": {"nodeName": "n", "driver": "d", "pool": {"name": "p"}}},
         {"NODE": "n", "DRIVER": "d", "POOL": "p"}),
        ("leasecandidates", {"spec": {"leaseName": "l", "binaryVersion": "1.36"}},
         {"LEASENAME": "l", "BINARYVERSION": "1.36", "EMULATIONVERSION": ""}),
        ("podcertificaterequests",
         {"spec": {"podName": "p", "signerName": "s"}, "status": {"conditions": []}},
         {"PODNAME": "p", "SIGNERNAME": "s", "STATE": "Pending"}),
    ],
)  # fmt: skip
def test_cells(kind, thing, cells):
    found = shown(kind, thing)

    assert {header: found.get(header) for header in cells} == cells


@pytest.mark.parametrize(
    ("metrics", "current", "targets"),
    [
        ([], [], "<none>"),
        ([{"type": "Resource", "resource": {"name": "cpu", "target": {"averageUtilization": 80}}}],
         [{"type": "Resource", "resource": {"name": "cpu", "current": {"averageUtilization": 12}}}],
         "cpu: 12%/80%"),
        ([{"type": "Resource", "resource": {"name": "cpu", "target": {"averageUtilization": 80}}}],
         [], "cpu: <unknown>/80%"),
        ([{"type": "Resource", "resource": {"name": "memory", "target": {"averageValue": "1Gi"}}}],
         [{"type": "Resource", "resource": {"current": {"averageValue": "512Mi"}}}],
         "memory: 512Mi/1Gi"),
        ([{"type": "Pods", "pods": {"target": {"averageValue": "10"}}}], [], "<unknown>/10"),
        ([{"type": "External", "external": {"target": {"averageValue": "10"}}}],
         [{"external": {"current": {"averageValue": "5"}}}], "5/10 (avg)"),
        ([{"type": "Object", "object": {"target": {"value": "2k"}}}],
         [{"object": {"current": {"value": "1k"}}}], "1k/2k"),
        ([{"type": "Strange"}] * 4, [], "<unknown type>, <unknown type> + 2 more..."),
        # v2beta1
        ([{"type": "Resource", "resource": {"name": "cpu", "targetAverageUtilization": 80}}],
         [{"resource": {"name": "cpu", "currentAverageUtilization": 12}}], "cpu: 12%/80%"),
    ],
)  # fmt: skip
def test_what_an_autoscaler_aims_at(metrics, current, targets):
    thing = {
        "spec": {
            "scaleTargetRef": {"kind": "Deployment", "name": "web"},
            "minReplicas": 2,
            "maxReplicas": 5,
            "metrics": metrics,
        },
        "status": {"currentReplicas": 3, "currentMetrics": current},
    }

    assert list(shown("hpa", thing).values()) == [
        "x", "Deployment/web", targets, "2", "5", "3", "60m",
    ]  # fmt: skip


def test_an_autoscaler_of_the_first_version():
    thing = {
        "spec": {"targetCPUUtilizationPercentage": 50, "maxReplicas": 3},
        "status": {"currentCPUUtilizationPercentage": 40},
    }

    found = shown("hpa", thing)

    assert (found["TARGETS"], found["MINPODS"]) == ("cpu: 40%/50%", "<unset>")


def test_roles_of_a_node():
    labels = {
        "node-role.kubernetes.io/worker": "",
        "node-role.kubernetes.io/": "",
        "kubernetes.io/role": "edge",
    }

    assert shown("nodes", {}, metadata={"labels": labels})["ROLES"] == "edge,worker"


def test_default_classes_say_so():
    annotations = {"storageclass.kubernetes.io/is-default-class": "true"}

    assert shown("sc", {}, metadata={"annotations": annotations})["NAME"] == "x (default)"


def test_what_is_being_deleted_is_terminating():
    metadata = {"deletionTimestamp": CREATED}

    assert (
        shown("pvc", {"status": {"phase": "Bound"}}, metadata=metadata)["STATUS"] == "Terminating"
    )
    assert shown("jobs", {}, metadata=metadata)["STATUS"] == "Terminating"
    assert shown("resourceclaims", {}, metadata=metadata)["STATE"] == "deleted"


EVENT = {
    "involvedObject": {"kind": "Pod", "name": "p", "fieldPath": "spec.containers{a}"},
    "reason": "BackOff",
    "message": "  Back-off\nrestarting ",
    "source": {"component": "kubelet", "host": "node-1"},
    "firstTimestamp": "2026-01-01T11:00:00Z",
    "lastTimestamp": "2026-01-01T11:59:00Z",
    "count": 7,
    "type": "Warning",
}


def test_an_event():
    assert shown("events", EVENT) == {
        "LAST SEEN": "60s",
        "TYPE": "Warning",
        "REASON": "BackOff",
        "OBJECT": "pod/p",
        "SUBOBJECT": "spec.containers{a}",
        "SOURCE": "kubelet, node-1",
        "MESSAGE": "Back-off...",
        "FIRST SEEN": "60m",
        "COUNT": "7",
        "NAME": "x",
    }


def test_an_event_of_the_new_kind_that_repeats():
    thing = {
        **EVENT,
        "firstTimestamp": None,
        "lastTimestamp": None,
        "eventTime": "2026-01-01T11:58:00.123456Z",
        "series": {"count": 3, "lastObservedTime": "2026-01-01T11:59:50.000000Z"},
        "source": {},
        "reportingComponent": "scheduler",
        "reportingInstance": "s-1",
    }
    found = shown("events", thing)

    assert (found["LAST SEEN"], found["FIRST SEEN"], found["COUNT"]) == ("10s", "119s", "3")
    assert found["SOURCE"] == "scheduler, s-1"


def test_an_event_in_the_form_of_its_own_group():
    thing = {
        "regarding": {"kind": "Node", "name": "n"},
        "note": "m",
        "deprecatedLastTimestamp": "2026-01-01T11:59:00Z",
        "deprecatedCount": 2,
        "deprecatedSource": {"component": "c"},
        "eventTime": None,
    }
    found = shown("events.events.k8s.io", thing)

    assert (found["OBJECT"], found["MESSAGE"], found["LAST SEEN"]) == ("node/n", "m", "60s")
    assert (found["COUNT"], found["SOURCE"]) == ("2", "c")


def test_flow_schemas_are_listed_by_their_precedence():
    printer = printer_for(TYPES.resolve("flowschemas"))
    things = [
        {"metadata": {"name": name}, "spec": {"matchingPrecedence": precedence}}
        for name, precedence in (("b", 2), ("a", 10), ("c", 2))
    ]

    assert printer.order is not None
    assert [t["metadata"]["name"] for t in sorted(things, key=printer.order)] == ["b", "c", "a"]
