"""What an API server adds on reading; the facts are conventions.md sections 2 and 6."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etcdpod.kube.codec import Decoded, Decoder
from etcdpod.kube.codec.definitions import version_rank
from etcdpod.kube.codec.served import RULES, as_events_v1


def served(resource: dict[str, Any], *definitions: dict[str, Any]) -> dict[str, Any]:
    decoder = Decoder(as_served=True, definitions=lambda: definitions)
    result = decoder.decode(b"/k", json.dumps(resource).encode())
    assert isinstance(result, Decoded)
    assert result.api_version == result.object["apiVersion"]
    return result.object


def definition(*versions: dict[str, Any], **spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "spec": {"group": "x.y", "names": {"kind": "Z"}, "versions": list(versions), **spec},
    }


def version(name: str, schema: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    shape = {"schema": {"openAPIV3Schema": schema}} if schema is not None else {}
    return {"name": name, "served": True, "storage": False, **shape, **more}


def resource(**parts: Any) -> dict[str, Any]:
    metadata = {"name": "n", "generation": 2}
    return {"apiVersion": "x.y/v1", "kind": "Z", "metadata": metadata, **parts}


# --- versions ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stored", "kind", "shown"),
    [
        ("admissionregistration.k8s.io/v1beta1", "MutatingAdmissionPolicy", "v1"),
        ("admissionregistration.k8s.io/v1beta1", "MutatingAdmissionPolicyBinding", "v1"),
        ("resource.k8s.io/v1alpha3", "DeviceTaintRule", "v1beta2"),
        ("autoscaling/v1", "HorizontalPodAutoscaler", "v1"),
    ],
)
def test_versions_of_the_same_shape_are_swapped(stored: str, kind: str, shown: str) -> None:
    found = served({"apiVersion": stored, "kind": kind})
    assert found["apiVersion"].rpartition("/")[2] == shown


def test_versions_are_preferred_as_kubernetes_prefers_them() -> None:
    names = ["v10", "v2", "v1", "v11beta2", "v10beta3", "v3beta1", "v12alpha1", "v11alpha2"]
    shuffled = names[3:] + names[:3]
    assert sorted(shuffled, key=version_rank, reverse=True) == names
    assert version_rank("foo1") < version_rank("v1alpha1")
    assert version_rank("v1x") == version_rank("v0")


# --- definitions ------------------------------------------------------------------------------


def old_definition(**spec: Any) -> dict[str, Any]:
    base = {"group": "x.y", "names": {"kind": "Z"}, "version": "v1"}
    return {
        "apiVersion": "apiextensions.k8s.io/v1beta1",
        "kind": "CustomResourceDefinition",
        "spec": {**base, **spec},
    }


def test_a_definition_without_versions_gets_its_one() -> None:
    spec = served(old_definition(preserveUnknownFields=False))["spec"]
    assert spec["versions"] == [{"name": "v1", "served": True, "storage": True}]
    assert "version" not in spec
    assert "preserveUnknownFields" not in spec


def test_what_all_versions_share_moves_into_each() -> None:
    shared = {
        "validation": {"openAPIV3Schema": {"type": "object"}},
        "subresources": {"status": {}},
        "additionalPrinterColumns": [{"name": "A", "JSONPath": ".a"}],
        "selectableFields": [{"jsonPath": ".spec.s"}],
    }
    versions = [{"name": "v1"}, {"name": "v2", "subresources": {}}]
    spec = served(old_definition(versions=versions, **shared))["spec"]
    assert not shared.keys() & spec.keys()
    first, second = spec["versions"]
    assert first["schema"] == second["schema"] == shared["validation"]
    assert first["additionalPrinterColumns"] == [{"name": "A", "jsonPath": ".a"}]
    assert (first["subresources"], second["subresources"]) == ({"status": {}}, {})


def test_a_version_before_preservation_was_a_choice_preserves() -> None:
    assert served(old_definition())["spec"]["preserveUnknownFields"] is True


def test_a_webhook_is_nested_and_unused_review_versions_are_dropped() -> None:
    webhook = {
        "strategy": "Webhook",
        "webhookClientConfig": {"url": "u"},
        "conversionReviewVersions": ["v1"],
    }
    found = served(old_definition(conversion=webhook))["spec"]["conversion"]
    nested = {"clientConfig": {"url": "u"}, "conversionReviewVersions": ["v1"]}
    assert found == {"strategy": "Webhook", "webhook": nested}


# --- custom resources -------------------------------------------------------------------------

SCHEMA = {
    "type": "object",
    "properties": {
        "spec": {
            "type": "object",
            "default": {},
            "properties": {
                "size": {"type": "integer", "default": 3},
                "maybe": {"type": "string", "nullable": True, "default": "x"},
                "firm": {"type": "string"},
                "any": {"type": "object", "additionalProperties": True},
                "free": {
                    "type": "object",
                    "x-kubernetes-preserve-unknown-fields": True,
                    "properties": {"known": {"type": "object", "properties": {}}},
                },
                "inner": {"type": "object", "x-kubernetes-embedded-resource": True},
                "map": {
                    "type": "object",
                    "additionalProperties": {
                        "type": "object",
                        "properties": {"a": {"type": "string", "default": "b"}},
                    },
                },
                "list": {
                    "type": "array",
                    "items": {"type": "object", "properties": {"k": {"default": 1}}},
                },
            },
        }
    },
}


def test_defaults_are_filled_in() -> None:
    found = served(resource(), definition(version("v1", SCHEMA)))
    assert found["spec"] == {"size": 3, "maybe": "x"}


def test_defaults_reach_maps_and_lists_and_never_share() -> None:
    custom = definition(version("v1", SCHEMA))
    found = served(resource(spec={"map": {"m": {}}, "list": [{}, {"k": 2}]}), custom)
    assert found["spec"]["map"] == {"m": {"a": "b"}}
    assert found["spec"]["list"] == [{"k": 1}, {"k": 2}]
    first, second = served(resource(), custom), served(resource(), custom)
    assert first["spec"] is not second["spec"]


def test_nulls_are_kept_filled_or_dropped() -> None:
    spec = {"size": None, "maybe": None, "firm": None}
    found = served(resource(spec=spec), definition(version("v1", SCHEMA)))
    assert found["spec"] == {"size": 3, "maybe": None}


def test_what_the_schema_does_not_know_is_dropped() -> None:
    spec = {
        "x": 1,
        "any": {"a": {"b": 1}},
        "free": {"a": 1, "known": {"b": 1}},
        "inner": {"apiVersion": "v1", "kind": "K", "metadata": {"name": "n"}, "spec": {}},
        "list": [{"k": 1, "x": 2}],
    }
    found = served(resource(spec=spec, more=1), definition(version("v1", SCHEMA)))
    assert set(found) == {"apiVersion", "kind", "metadata", "spec"}
    del spec["inner"]["spec"]
    expected = {"any": {"a": {"b": 1}}, "free": {"a": 1, "known": {}}, "list": [{"k": 1}]}
    assert found["spec"] == expected | {"inner": spec["inner"], "size": 3, "maybe": "x"}


def test_nothing_is_dropped_where_all_is_preserved() -> None:
    found = served(
        resource(more=1, spec={}), definition(version("v1", SCHEMA), preserveUnknownFields=True)
    )
    assert found["more"] == 1
    assert found["spec"]["size"] == 3


def test_the_served_version_is_shown() -> None:
    old, new = version("v1", SCHEMA), version("v2", {"type": "object", "properties": {}})
    found = served(resource(spec={}), definition(old, new))
    assert found == {**resource(), "apiVersion": "x.y/v2"}
    found = served(resource(spec={}), definition(old, new | {"served": False}))
    assert found["apiVersion"] == "x.y/v1"
    found = served(resource(spec={}), definition(old, new, conversion={"strategy": "Webhook"}))
    assert found["apiVersion"] == "x.y/v1"


def test_a_resource_without_generation_has_the_first() -> None:
    bare = {"apiVersion": "x.y/v1", "kind": "Z", "metadata": {"name": "n"}}
    assert served(bare, definition(version("v1", SCHEMA)))["metadata"]["generation"] == 1


def test_a_resource_without_definition_stays_as_it_is() -> None:
    assert served(resource(spec={"x": 1})) == resource(spec={"x": 1})


def test_a_schema_without_bottom_is_followed_to_a_bound() -> None:
    schema: dict[str, Any] = {"type": "object", "properties": {}}
    schema["properties"]["a"] = {"default": {}, "type": "object", "properties": {}}
    inner = schema["properties"]["a"]
    for _ in range(400):
        inner["properties"]["a"] = {"default": {}, "type": "object", "properties": {}}
        inner = inner["properties"]["a"]
    found = served(resource(), definition(version("v1", schema)))
    depth = 0
    while "a" in found:
        found, depth = found["a"], depth + 1
    assert 100 < depth < 200


@pytest.mark.parametrize(
    "odd",
    [
        {"spec": None},
        {"spec": {"versions": ["v1"], "names": {"kind": "Z"}, "group": "x.y"}},
        {"spec": {"versions": [{"name": "v1", "schema": None}], "names": {"kind": "Z"}}},
        {},
    ],
)
def test_an_odd_definition_does_no_harm(odd: dict[str, Any]) -> None:
    custom = {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", **odd}
    assert served(resource(spec={"a": 1}), custom)["spec"] == {"a": 1}


# --- built-in kinds ---------------------------------------------------------------------------


def test_a_job_shows_its_templates_labels() -> None:
    template = {"metadata": {"labels": {"a": "b"}}}
    job = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {}, "spec": {"template": template}}
    assert served(job)["metadata"]["labels"] == {"a": "b"}
    job["metadata"] = {"labels": {"own": "1"}}
    assert served(job)["metadata"]["labels"] == {"own": "1"}


def test_phases_are_filled_in() -> None:
    claim = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "spec": {}, "status": {}}
    assert served(claim)["status"] == {"phase": "Pending"}
    space = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "n"}, "status": {}}
    shown = served(space)
    assert shown["status"] == {"phase": "Active"}
    assert shown["metadata"]["labels"] == {"kubernetes.io/metadata.name": "n"}


def test_a_claims_two_sources_mirror_each_other() -> None:
    source = {"apiGroup": None, "kind": "PersistentVolumeClaim", "name": "old"}
    claim = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "spec": {"dataSource": source}}
    assert served(claim)["spec"]["dataSourceRef"] == source
    claim["spec"] = {"dataSourceRef": source}
    assert served(claim)["spec"]["dataSource"] == source
    claim["spec"] = {"dataSourceRef": {**source, "namespace": "far"}}
    assert "dataSource" not in served(claim)["spec"]


def test_a_node_offers_its_capacity() -> None:
    node = {"apiVersion": "v1", "kind": "Node", "status": {"capacity": {"cpu": "2"}}}
    assert served(node)["status"]["allocatable"] == {"cpu": "2"}


@pytest.mark.parametrize(
    ("spec", "shown"),
    [
        (
            {"type": "ClusterIP", "clusterIP": "10.0.0.1"},
            {
                "type": "ClusterIP",
                "clusterIP": "10.0.0.1",
                "clusterIPs": ["10.0.0.1"],
                "internalTrafficPolicy": "Cluster",
                "ipFamilies": ["IPv4"],
                "ipFamilyPolicy": "SingleStack",
            },
        ),
        (
            {"type": "ExternalName", "externalName": "a.b", "internalTrafficPolicy": "Cluster"},
            {"type": "ExternalName", "externalName": "a.b"},
        ),
        (
            {"clusterIP": "None"},
            {"clusterIP": "None", "clusterIPs": ["None"], "internalTrafficPolicy": "Cluster"},
        ),
    ],
)
def test_old_services_show_later_fields(spec: dict[str, Any], shown: dict[str, Any]) -> None:
    assert served({"apiVersion": "v1", "kind": "Service", "spec": spec})["spec"] == shown


@pytest.mark.parametrize(
    ("api_version", "kind"),
    [
        ("v1", "Node"),
        ("v1", "Service"),
        ("v1", "Namespace"),
        ("v1", "PersistentVolumeClaim"),
        ("batch/v1", "Job"),
        ("apps/v1", "StatefulSet"),
        ("storage.k8s.io/v1", "CSIDriver"),
        ("apiextensions.k8s.io/v1beta1", "CustomResourceDefinition"),
    ],
)
@pytest.mark.parametrize("part", [None, 1, "x", [], {}])
def test_odd_shapes_break_no_rule(api_version: str, kind: str, part: object) -> None:
    odd = {"apiVersion": api_version, "kind": kind, "spec": part, "metadata": part, "status": part}
    assert served(odd)["kind"] == kind


ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["", "v1", "None"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "spec",
                    "status",
                    "metadata",
                    "labels",
                    "template",
                    "versions",
                    "names",
                    "name",
                    "kind",
                    "group",
                    "schema",
                    "items",
                    "openAPIV3Schema",
                    "properties",
                    "additionalProperties",
                    "default",
                    "served",
                    "conversion",
                    "capacity",
                    "clusterIP",
                    "clusterIPs",
                    "dataSource",
                    "dataSourceRef",
                    "volumeClaimTemplates",
                    "additionalPrinterColumns",
                    "validation",
                    "version",
                    "webhookClientConfig",
                    "type",
                ]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=25,
)


@given(st.sampled_from(sorted(RULES)), ODD)
def test_no_shape_breaks_a_rule(name: tuple[str, str], odd: Any) -> None:
    parts = odd if isinstance(odd, dict) else {"spec": odd}
    found = served({**parts, "apiVersion": name[0], "kind": name[1]})
    assert found["kind"] == name[1]


@given(ODD, ODD)
def test_no_shape_breaks_a_custom_resource(spec: Any, odd: Any) -> None:
    shape = {"group": "x.y", "names": {"kind": "Z"}, "versions": [{"name": "v1", "schema": spec}]}
    custom = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "spec": shape | (spec if isinstance(spec, dict) else {"conversion": spec}),
    }
    assert "kind" in served(resource(spec=odd), custom)
    named = definition(version("v1", spec if isinstance(spec, dict) else {}))
    assert served(resource(spec=odd), named)["kind"] == "Z"


def test_an_event_in_its_other_form() -> None:
    event = {
        "apiVersion": "v1",
        "kind": "Event",
        "message": "m",
        "involvedObject": {"kind": "Pod"},
        "count": 3,
        "firstTimestamp": None,
        "lastTimestamp": "t",
        "source": {"component": "kubelet"},
        "reportingComponent": "",
        "reportingInstance": "",
        "type": "Normal",
    }
    before = dict(event)
    assert as_events_v1(event) == {
        "apiVersion": "events.k8s.io/v1",
        "kind": "Event",
        "note": "m",
        "regarding": {"kind": "Pod"},
        "deprecatedCount": 3,
        "deprecatedFirstTimestamp": None,
        "deprecatedLastTimestamp": "t",
        "deprecatedSource": {"component": "kubelet"},
        "type": "Normal",
    }
    assert event == before
