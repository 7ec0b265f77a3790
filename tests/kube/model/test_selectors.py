"""Label and field selectors."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etcdpod.errors import UsageError
from etcdpod.kube.model.selectors import parse_field_selector, parse_label_selector
from etcdpod.kube.model.types import ResourceTypes

TYPES = ResourceTypes()


def labelled(**labels):
    return {"metadata": {"labels": labels}}


@pytest.mark.parametrize(
    ("selector", "yes", "no"),
    [
        ("app=web", {"app": "web"}, {"app": "db"}),
        ("app==web", {"app": "web"}, {}),
        ("app = web , tier=x", {"app": "web", "tier": "x"}, {"app": "web"}),
        ("app!=web", {"app": "db"}, {"app": "web"}),
        ("app!=web", {}, {"app": "web"}),
        ("app=", {"app": ""}, {}),
        ("app=,x", {"app": "", "x": "1"}, {"app": ""}),
        ("app", {"app": ""}, {}),
        ("!app", {}, {"app": ""}),
        ("! app", {"x": ""}, {"app": "1"}),
        ("app in (a,b)", {"app": "b"}, {"app": "c"}),
        ("app in ( a , b )", {"app": "a"}, {}),
        ("app in (,a)", {"app": ""}, {"app": "b"}),
        ("app notin (a,b)", {"app": "c"}, {"app": "a"}),
        ("app notin (a)", {}, {"app": "a"}),
        ("rank>3", {"rank": "4"}, {"rank": "3"}),
        ("rank<3", {"rank": "-1"}, {"rank": "x"}),
        ("rank < 3", {"rank": "2"}, {}),
        ("a,!b,c in (x),d!=y", {"a": "", "c": "x"}, {"a": "", "c": "x", "b": ""}),
        ("in in (in)", {"in": "in"}, {"in": "notin"}),
        ("kubernetes.io/hostname=n-1", {"kubernetes.io/hostname": "n-1"}, {}),
        ("", {}, None),
    ],
)
def test_labels(selector, yes, no):
    found = parse_label_selector(selector)

    assert found.matches(labelled(**yes))
    assert no is None or not found.matches(labelled(**no))


def test_an_object_without_labels_has_none():
    assert parse_label_selector("!app").matches({"metadata": {}})
    assert not parse_label_selector("app").matches({})


@pytest.mark.parametrize(
    "selector",
    [
        ",", "a,", "=b", "a b", "a in", "a in b", "a in (", "a in (b", "a>x", "a>", "!",
        "!!a", "a==b=c", "a in (b))", "(a)", "a=(b)", "a<<2",
        "x>-1", "x=-a", "-x=a", "a/b/c=d", "x=a-", "Ab/c=d", "/c=d", "a/=d", "x in (a,-b)", "!-x",
        f"x={'v' * 64}", f"{'n' * 64}=v", f"{'p' * 254}/n=v",
    ],
)  # fmt: skip
def test_what_is_no_label_selector(selector):
    with pytest.raises(UsageError):
        parse_label_selector(selector)


@pytest.mark.parametrize(
    ("selector", "labels", "selected"),
    [
        ("x in ()", {"x": ""}, True),
        ("x in ()", {"x": "a"}, False),
        ("x notin ()", {"x": "a"}, True),
        (f"x={'v' * 63}", {"x": "v" * 63}, True),
        ("example.com/x=a_b.c", {"example.com/x": "a_b.c"}, True),
        ("x>1", {"x": "2"}, True),
    ],
)
def test_what_the_api_server_takes_is_taken(selector, labels, selected):
    assert parse_label_selector(selector).matches({"metadata": {"labels": labels}}) is selected


@given(st.text(alphabet="ab=!<>(), innotx\t\n", max_size=40))
def test_any_text_is_a_selector_or_wrong_use(text):
    try:
        found = parse_label_selector(text)
    except UsageError:
        return
    found.matches(labelled(a="b"))


POD = {
    "metadata": {"name": "web-1", "namespace": "shop"},
    "spec": {"nodeName": "node-1", "restartPolicy": "Always", "hostNetwork": True},
    "status": {"phase": "Running"},
}


@pytest.mark.parametrize(
    ("selector", "matches"),
    [
        ("status.phase=Running", True),
        ("status.phase==Running,spec.nodeName=node-1", True),
        ("status.phase!=Running", False),
        ("spec.nodeName!=node-2", True),
        ("spec.nodeName=", False),
        ("status.nominatedNodeName=", True),
        ("spec.hostNetwork=true", True),
        ("metadata.name=web-1,metadata.namespace=shop", True),
        ("metadata.namespace!=shop", False),
        ("", True),
    ],
)
def test_fields_of_a_pod(selector, matches):
    found = parse_field_selector(selector, TYPES.resolve("pods"))

    assert found.matches(POD) is matches


@pytest.mark.parametrize(
    ("kind", "selector", "thing"),
    [
        ("events", "involvedObject.name=web,reason=Killing,type=Normal,source=kubelet",
         {"involvedObject": {"name": "web"}, "reason": "Killing", "type": "Normal",
          "source": {"component": "kubelet"}}),
        ("events", "source=scheduler", {"source": {}, "reportingComponent": "scheduler"}),
        ("events.events.k8s.io", "regarding.kind=Pod", {"regarding": {"kind": "Pod"}}),
        ("secrets", "type=kubernetes.io/tls", {"type": "kubernetes.io/tls"}),
        ("namespaces", "name=shop,status.phase=Active",
         {"metadata": {"name": "shop"}, "status": {"phase": "Active"}}),
        ("nodes", "spec.unschedulable=false", {"spec": {}}),
        ("jobs", "status.successful=1", {"status": {"succeeded": 1}}),
        ("replicasets", "status.replicas=0", {"status": {}}),
        ("services", "spec.type=ClusterIP", {"spec": {"type": "ClusterIP"}}),
        ("configmaps", r"metadata.name=a\,b\=c", {"metadata": {"name": "a,b=c"}}),
    ],
)  # fmt: skip
def test_fields_of_other_kinds(kind, selector, thing):
    found = parse_field_selector(selector, TYPES.resolve(kind))

    assert found.matches(thing)
    assert found.matches(project(thing, found.projection))
    assert not parse_field_selector(selector.replace("=", "!=", 1)).matches(thing)


def project(value, projection):
    if not projection or not isinstance(value, dict):
        return value
    return {k: project(value[k], projection[k]) for k in projection if k in value}


@pytest.mark.parametrize(
    ("kind", "selector", "message"),
    [
        ("pods", "status.reason=Evicted", "field label not supported: status.reason"),
        ("configmaps", "type=x", "field label not supported: type"),
        ("pods", "spec.nodeName", "invalid selector"),
        ("pods", "a!b", "invalid selector"),
    ],
)
def test_a_field_that_the_api_server_does_not_know(kind, selector, message):
    with pytest.raises(UsageError, match=message):
        parse_field_selector(selector, TYPES.resolve(kind))


def test_a_custom_kind_selects_by_what_its_definition_says():
    definition = {
        "spec": {
            "group": "x.example.com",
            "names": {"plural": "xs", "kind": "X"},
            "versions": [
                {"name": "v1", "served": True, "selectableFields": [{"jsonPath": ".spec.color"}]}
            ],
        }
    }
    kind = ResourceTypes([definition]).resolve("xs")

    assert parse_field_selector("spec.color=blue", kind).matches({"spec": {"color": "blue"}})
    with pytest.raises(UsageError, match="not supported"):
        parse_field_selector("spec.size=1", kind)


@given(st.text(alphabet="stau.phe=!,\\", max_size=40))
def test_any_text_is_a_field_selector_or_wrong_use(text):
    with suppress(UsageError):
        parse_field_selector(text).matches(POD)
