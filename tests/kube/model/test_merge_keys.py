"""Which lists are maps, and what their members are called."""

from __future__ import annotations

from typing import Any

import pytest

from etcdpod.kube.model.merge_keys import ListMember, key_lists, member_names


@pytest.mark.parametrize(
    ("field", "elements", "names"),
    [
        ("containers", [{"name": "web"}, {"name": "log"}], ["web", "log"]),
        ("initContainerStatuses", [{"name": "init"}], ["init"]),
        ("conditions", [{"type": "Ready"}, {"type": "Initialized"}], ["Ready", "Initialized"]),
        ("env", [{"name": "A", "value": "1"}, {"name": "B"}], ["A", "B"]),
        (
            "ports",
            [{"containerPort": 80, "protocol": "TCP"}, {"containerPort": 80, "protocol": "UDP"}],
            ["80/TCP", "80/UDP"],
        ),
        ("ports", [{"containerPort": 80}], ["80/TCP"]),
        ("ports", [{"port": 53, "protocol": "UDP", "name": "dns"}], ["53/UDP"]),
        ("ports", [{"name": "http"}], ["http"]),
        ("volumeMounts", [{"name": "v", "mountPath": "/a"}, {"name": "v", "mountPath": "/b"}],
         ["/a", "/b"]),
        ("volumeDevices", [{"name": "v", "devicePath": "/dev/x"}], ["/dev/x"]),
        ("imagePullSecrets", [{"name": "regcred"}], ["regcred"]),
        ("ownerReferences", [{"uid": "u1", "name": "a"}, {"uid": "u2", "name": "a"}],
         ["u1", "u2"]),
        ("hostAliases", [{"ip": "10.0.0.1", "hostnames": ["a"]}], ["10.0.0.1"]),
        ("podIPs", [{"ip": "10.0.0.1"}, {"ip": "fd00::1"}], ["10.0.0.1", "fd00::1"]),
        ("addresses", [{"type": "InternalIP", "address": "1.2.3.4"}], ["InternalIP:1.2.3.4"]),
        ("addresses", [{"ip": "1.2.3.4"}], ["1.2.3.4"]),
        ("taints", [{"key": "k", "effect": "NoSchedule"}, {"key": "k", "effect": "NoExecute"}],
         ["k:NoSchedule", "k:NoExecute"]),
        ("tolerations", [{"operator": "Exists"}, {"key": "k", "effect": "NoExecute"}],
         ["Exists", "k:NoExecute"]),
        ("topologySpreadConstraints",
         [{"topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule"}], ["zone:DoNotSchedule"]),
        ("images", [{"names": ["a@sha256:1", "a:1"]}, {"names": ["b:1"]}],
         ["a@sha256:1", "b:1"]),
        ("managedFields",
         [{"manager": "kubelet", "operation": "Update", "apiVersion": "v1",
           "subresource": "status"},
          {"manager": "kubelet", "operation": "Update", "apiVersion": "v1"}],
         ["kubelet:Update:v1:status", "kubelet:Update:v1"]),
        ("finalizers", ["a/b", "c/d"], ["a/b", "c/d"]),
        ("volumeClaimTemplates", [{"metadata": {"name": "data"}}], ["data"]),
        ("endpoints", [{"addresses": ["10.0.0.1"]}], ["10.0.0.1"]),
        ("subjects", [{"kind": "User", "name": "a"}, {"kind": "ServiceAccount",
         "namespace": "n", "name": "a"}], ["User:a", "ServiceAccount:n:a"]),
        ("containers", [], []),
    ],
)  # fmt: skip
def test_members_are_named_by_their_merge_key(
    field: str, elements: list[Any], names: list[str]
) -> None:
    assert member_names(field, elements) == names


@pytest.mark.parametrize(
    ("field", "elements"),
    [
        ("containers", [{"name": "web"}, {"name": "web"}]),
        ("containers", [{"name": "web"}, {"image": "x"}]),
        ("containers", [{"name": "web"}, "web"]),
        ("containers", [{"name": True}]),
        ("containers", [{"name": {"no": "name"}}]),
        ("conditions", [{"type": None}]),
        ("args", ["a", "b"]),
        ("rules", [{"verbs": ["get"]}]),
        ("finalizers", ["a", "a"]),
        ("finalizers", ["a", 1]),
        ("anything", [{"name": "a"}]),
    ],
)
def test_lists_without_evidence_are_read_by_position(field: str, elements: list[Any]) -> None:
    assert member_names(field, elements) is None


def test_the_map_keys_of_a_schema_come_before_ours() -> None:
    elements = [{"host": "a", "port": 1}, {"host": "a", "port": 2}]
    assert member_names("listeners", elements, ("host", "port")) == ["a/1", "a/2"]
    assert member_names("listeners", elements) is None


def test_both_sides_are_keyed_by_the_same_key() -> None:
    before, after = [{"containerPort": 80, "name": "x"}], [{"name": "x"}]
    keyed = key_lists("ports", before, after)
    assert keyed == ({"x": before[0]}, {"x": after[0]})
    assert all(isinstance(name, ListMember) for side in keyed or () for name in side)
    assert key_lists("ports", [{"containerPort": 80}], [{"name": "x"}]) is None
