"""Keys and what they name."""

from __future__ import annotations

import pytest

from etcdpod.kube.model.keys import ResourceKey, parse_key, registry_prefix


@pytest.mark.parametrize(
    ("key", "group", "resource", "namespace", "name"),
    [
        ("pods/shop/db-0", "", "pods", "shop", "db-0"),
        ("namespaces/shop", "", "namespaces", "", "shop"),
        ("minions/node-1", "", "nodes", "", "node-1"),
        ("controllers/shop/web", "", "replicationcontrollers", "shop", "web"),
        ("ingress/shop/web", "", "ingresses", "shop", "web"),
        ("podsecuritypolicy/restricted", "", "podsecuritypolicies", "", "restricted"),
        ("services/specs/default/kubernetes", "", "services", "default", "kubernetes"),
        ("services/endpoints/default/kubernetes", "", "endpoints", "default", "kubernetes"),
        ("stable.example.com/crontabs/shop/nightly", "stable.example.com", "crontabs", "shop",
         "nightly"),
        ("example.com/clusters/one", "example.com", "clusters", "", "one"),
        ("apiregistration.k8s.io/apiservices/v1.apps", "apiregistration.k8s.io", "apiservices",
         "", "v1.apps"),
        ("ranges/serviceips", "", "ranges", "", "serviceips"),
        ("masterleases/192.0.2.2", "", "masterleases", "", "192.0.2.2"),
        ("clusterrolebindings/system:node", "", "clusterrolebindings", "", "system:node"),
        ("events/shop/db-0.17c5", "", "events", "shop", "db-0.17c5"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("prefix", ["/registry", "/kubernetes.io", "/tenants/a/registry", ""])
def test_a_key_names_its_object_under_any_prefix(key, group, resource, namespace, name, prefix):
    found = parse_key(f"{prefix}/{key}".encode(), prefix)

    assert found == ResourceKey(prefix, group, resource, namespace, name)


@pytest.mark.parametrize(
    "key",
    [
        b"compact_rev_key",
        b"/registry",
        b"/registry/",
        b"/registry/pods",
        b"/registry/pods/",
        b"/registry/pods//name",
        b"/registry/pods/a/b/c",
        b"/registry/services/specs",
        b"/registry/services/other/a/b",
        b"/registryX/pods/a/b",
        b"/registry/pods/\xff/b",
        b"",
    ],
)
def test_what_is_no_object_key_is_none(key):
    assert parse_key(key) is None


def test_a_service_named_specs_is_not_taken_for_the_part():
    assert parse_key(b"/registry/services/specs/specs/specs") == ResourceKey(
        "/registry", "", "services", "specs", "specs"
    )


@pytest.mark.parametrize(
    ("keys", "prefix"),
    [
        ([b"/registry/pods/shop/a", b"/registry/minions/n"], "/registry"),
        ([b"/kubernetes.io/pods/shop/a", b"compact_rev_key"], "/kubernetes.io"),
        ([b"/tenants/a/registry/secrets/shop/a"], "/tenants/a/registry"),
        ([b"/registry/configmaps/pods/a", b"/registry/secrets/leases/x"], "/registry"),
        ([b"/other/a", b"/registry/leases/ns/a", b"/registry/leases/ns/b"], "/registry"),
        ([b"unrelated", b"/app/config"], "/registry"),
        ([], "/registry"),
    ],
)
def test_the_registry_prefix_is_found_from_its_keys(keys, prefix):
    assert registry_prefix(keys) == prefix
