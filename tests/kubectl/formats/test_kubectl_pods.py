"""What kubectl itself printed of recorded pods, byte for byte."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import pytest
from paths import TESTDATA

from etcdpod.kube.model.selectors import parse_label_selector
from etcdpod.kube.model.types import ResourceTypes
from etcdpod.kubectl.formats.custom_columns import parse_columns
from etcdpod.kubectl.formats.jsonpath import JSONPath
from etcdpod.kubectl.formats.table import table
from etcdpod.kubectl.formats.yaml import dumps
from etcdpod.kubectl.tables.layout import layout, object_prefix
from etcdpod.kubectl.tables.pod import POD

RECORDED = TESTDATA / "kubectl"
PODS = [json.loads(line) for line in (RECORDED / "pods.jsonl").read_text().splitlines()]


def recorded(name: str) -> tuple[datetime, str]:
    """The clock of a recording, and what kubectl printed."""
    _, clock, *lines = (RECORDED / name).read_text().split("\n")
    return datetime.fromisoformat(clock.removeprefix("# now ")), "\n".join(lines)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("get-pods-A.txt", {}),
        ("get-pods-A-wide.txt", {"wide": True}),
        ("get-pods-labels.txt", {"show_labels": True}),
    ],
)
def test_tables_are_kubectls(name, options):
    now, text = recorded(name)
    shown = layout(POD, now, namespace=True, **options)

    assert "".join(table(shown.header, map(shown.row, PODS))) == text


def test_kubectl_may_have_run_up_to_a_second_after_the_clock():
    now, text = recorded("get-pods-A.txt")
    late = layout(POD, now + timedelta(seconds=60), namespace=True)

    assert "".join(table(late.header, map(late.row, PODS))) != text


def test_a_label_selector_chooses_as_kubectl_does():
    now, text = recorded("get-pods-selector.txt")
    selector = parse_label_selector("app=web")
    shown = layout(POD, now, namespace=True)
    rows = [shown.row(pod) for pod in PODS if selector.matches(pod)]

    assert "".join(table(shown.header, rows)) == text


def test_names_carry_the_kind():
    _, text = recorded("get-pods-name.txt")
    prefix = object_prefix(ResourceTypes().resolve("pods"))

    assert "".join(f"{prefix}/{pod['metadata']['name']}\n" for pod in PODS) == text


def test_a_jsonpath_template_over_the_list():
    _, text = recorded("get-pods-jsonpath.txt")
    template = JSONPath(r"{range .items[*]}{.metadata.name}{'\t'}{.spec.nodeName}{'\n'}{end}")

    assert template.render({"items": PODS}) == text


def test_custom_columns():
    _, text = recorded("get-pods-custom.txt")
    columns = parse_columns("NAME:.metadata.name,PHASE:.status.phase,NODE:.spec.nodeName")

    assert "".join(table(columns.header, map(columns.row, PODS))) == text


@pytest.mark.parametrize("path", sorted(RECORDED.glob("pod-*.yaml")), ids=lambda path: path.name)
def test_yaml_is_kubectls(path):
    (pod,) = (pod for pod in PODS if f"pod-shop-{pod['metadata']['name']}" in path.name)
    if ".nomanaged" in path.name:
        metadata = {k: v for k, v in pod["metadata"].items() if k != "managedFields"}
        pod = {**pod, "metadata": metadata}

    assert dumps(pod) == path.read_text()
