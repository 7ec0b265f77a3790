"""Kinds by every name that kubectl takes."""

from __future__ import annotations

import pytest

from etcdpod.errors import UsageError
from etcdpod.kube.model.types import ResourceTypes, version_priority

CRONTABS = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "spec": {
        "group": "stable.example.com",
        "scope": "Namespaced",
        "names": {
            "plural": "crontabs",
            "singular": "crontab",
            "kind": "CronTab",
            "shortNames": ["ct"],
            "categories": ["all"],
        },
        "versions": [
            {"name": "v1alpha1", "served": True, "storage": False},
            {"name": "v1", "served": True, "storage": True},
            {"name": "v2", "served": False, "storage": False},
        ],
    },
}
OLD = {
    "spec": {
        "group": "old.example.com",
        "version": "v1beta1",
        "scope": "Cluster",
        "names": {"plural": "things", "kind": "Thing"},
    }
}
SERVICE = {
    "spec": {
        "group": "serving.example.com",
        "scope": "Namespaced",
        "names": {"plural": "services", "kind": "Service", "shortNames": ["svc", "ksvc"]},
        "versions": [{"name": "v1", "served": True}],
    }
}
TYPES = ResourceTypes([CRONTABS, OLD, SERVICE, {"spec": {}}, {}])


@pytest.mark.parametrize(
    ("names", "qualified", "api_version"),
    [
        ("pods pod po Pod PODS pods.v1.", "pods", "v1"),
        ("deploy deployment Deployment deployments.apps", "deployments.apps", "apps/v1"),
        ("deployments.v1beta1.apps", "deployments.apps", "apps/v1beta1"),
        ("deployments.extensions", "deployments.extensions", "extensions/v1beta1"),
        ("events ev event Event", "events", "v1"),
        ("events.events.k8s.io ev.events.k8s.io", "events.events.k8s.io", "events.k8s.io/v1"),
        ("ing ingress Ingress ingresses", "ingresses.networking.k8s.io", "networking.k8s.io/v1"),
        ("ep endpoints", "endpoints", "v1"),
        ("svc service", "services", "v1"),
        ("no node", "nodes", "v1"),
        ("sts", "statefulsets.apps", "apps/v1"),
        ("hpa", "horizontalpodautoscalers.autoscaling", "autoscaling/v2"),
        ("crd crds", "customresourcedefinitions.apiextensions.k8s.io", "apiextensions.k8s.io/v1"),
        ("psp", "podsecuritypolicies.policy", "policy/v1beta1"),
        ("ct crontab crontabs CronTab crontabs.stable.example.com crontabs.stable",
         "crontabs.stable.example.com", "stable.example.com/v1"),
        ("crontabs.v1alpha1.stable.example.com", "crontabs.stable.example.com",
         "stable.example.com/v1alpha1"),
        ("things thing", "things.old.example.com", "old.example.com/v1beta1"),
        ("ksvc services.serving.example.com", "services.serving.example.com",
         "serving.example.com/v1"),
    ],
)  # fmt: skip
def test_names(names, qualified, api_version):
    for name in names.split():
        found = TYPES.resolve(name)
        assert (found.qualified, found.api_version) == (qualified, api_version), name


@pytest.mark.parametrize(
    "name",
    ["", "frobnicators", "pods.apps", "deployments.v9.apps", ".", "pods/", "customs.v2.stable"],
)
def test_what_nobody_is_called(name):
    with pytest.raises(UsageError, match="no resource type"):
        TYPES.resolve(name)


@pytest.mark.parametrize(
    ("name", "prefixes", "namespaced"),
    [
        ("pods", ("pods",), True),
        ("nodes", ("minions",), False),
        ("services", ("services/specs",), True),
        ("endpoints", ("services/endpoints",), True),
        ("ingresses", ("ingress",), True),
        ("replicationcontrollers", ("controllers",), True),
        ("apiservices", ("apiregistration.k8s.io/apiservices",), False),
        ("crontabs", ("stable.example.com/crontabs",), True),
        ("things", ("old.example.com/things",), False),
        ("oauthclients", ("oauth/clients",), False),
    ],
)
def test_where_the_keys_lie(name, prefixes, namespaced):
    found = TYPES.resolve(name)

    assert (found.key_prefixes, found.namespaced) == (prefixes, namespaced)


def test_lists_and_categories():
    found = [kind.plural for kind in TYPES.resolve_all("svc,all,cm")]

    assert found[0] == "services"
    assert found[-2:] == ["crontabs", "configmaps"]
    assert len(found) == len(set(found)) == 12
    with pytest.raises(UsageError):
        TYPES.resolve_all("po,nothing")


def test_the_kind_of_an_object_does_not_depend_on_its_version():
    assert TYPES.of_object("apps/v1beta2", "Deployment") is TYPES.resolve("deploy")
    assert TYPES.of_object("stable.example.com/v1alpha1", "CronTab") is TYPES.resolve("ct")
    assert TYPES.of_object("v1", "CronTab") is None


def test_every_kind_has_one_entry():
    names = [(kind.group, kind.kind) for kind in TYPES.all()]

    assert len(names) == len(set(names)) > 100


def test_versions_are_preferred_as_kubernetes_does():
    listed = ["v1", "foo1", "v12alpha1", "v10", "v3beta1", "v11beta2", "v2", "v10beta3"]

    assert sorted(listed, key=version_priority) == [
        "v10", "v2", "v1", "v11beta2", "v10beta3", "v3beta1", "v12alpha1", "foo1",
    ]  # fmt: skip
