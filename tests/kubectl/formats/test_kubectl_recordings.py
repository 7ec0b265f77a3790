"""The whole set of recordings beside the repository: every kind's table, YAML and JSON."""

from __future__ import annotations

import json
from datetime import datetime

import pytest
from paths import FIXTURES

from etcdpod.kube.model.types import ResourceTypes
from etcdpod.kubectl.formats.json import list_of, pretty
from etcdpod.kubectl.formats.sort import sort_by
from etcdpod.kubectl.formats.table import table
from etcdpod.kubectl.formats.yaml import dumps
from etcdpod.kubectl.tables.layout import layout
from etcdpod.kubectl.tables.printers import printer_for

SHARED = FIXTURES
PRINTED = SHARED / "kubectl-output"
OBJECTS = SHARED / "shop" / "kubectl"

pytestmark = pytest.mark.skipif(
    not PRINTED.is_dir(), reason="the recordings (../shared/fixtures) are not on this machine"
)

MOVED_SINCE = {"leases"}
"""Kinds of which the objects at hand are younger than what kubectl printed."""

TYPES = ResourceTypes()
TABLES = [
    path
    for path in sorted(PRINTED.glob("get-*.txt"))
    if not any(word in path.name for word in ("custom", "jsonpath", "name.", "selector", "labels"))
]


def objects_of(kind: str) -> list[dict]:
    resource = TYPES.resolve(kind)
    for name in (resource.qualified, resource.plural):
        path = OBJECTS / f"{name}.json"
        if path.exists():
            return json.loads(path.read_text())["items"]
    return []


@pytest.mark.parametrize("path", TABLES, ids=lambda path: path.stem)
def test_every_table_is_kubectls(path):
    command, clock, *lines = path.read_text().split("\n")
    words = command.split()
    kind = words[3]
    if kind in MOVED_SINCE:
        pytest.skip("the objects at hand were written after kubectl had printed them")
    items = objects_of(kind)
    if "-n" in words:
        namespace = words[words.index("-n") + 1]
        items = [item for item in items if item["metadata"]["namespace"] == namespace]
    for word in words:
        if word.startswith("--sort-by="):
            items = sort_by(items, word.partition("=")[2])
    resource = TYPES.resolve(kind)
    shown = layout(
        printer_for(resource),
        datetime.fromisoformat(clock.removeprefix("# now ")),
        wide="wide" in words,
        namespace="-A" in words and resource.namespaced,
    )
    expected = [line for line in lines if not line.startswith(("Warning: ", "No resources found"))]

    assert "".join(table(shown.header, map(shown.row, items))) == "\n".join(expected)


@pytest.mark.parametrize("path", sorted(OBJECTS.glob("*.json")), ids=lambda path: path.stem)
def test_json_of_every_kind_is_kubectls(path):
    text = path.read_text()
    items = json.loads(text)["items"]

    assert "".join(list_of(pretty(item, 2) for item in items)) == text


def test_yaml_of_every_pod_is_kubectls():
    pods = json.loads((PRINTED / "pods.json").read_text())["items"]

    for pod in pods:
        metadata = pod["metadata"]
        stem = f"pod-{metadata['namespace']}-{metadata['name']}"
        assert dumps(pod) == (PRINTED / f"{stem}.yaml").read_text()
        del metadata["managedFields"]
        assert dumps(pod) == (PRINTED / f"{stem}.nomanaged.yaml").read_text()


def test_what_a_printer_reads_is_in_its_projection():
    """A list decodes only the projection: the cells must not change by that."""
    now = datetime.fromisoformat("2026-11-22T20:37:15Z")
    seen = 0
    for path in sorted(OBJECTS.glob("*.json")):
        for item in json.loads(path.read_text())["items"]:
            resource = TYPES.of_object(item["apiVersion"], item["kind"])
            printer = printer_for(resource)
            assert printer.cells(project(item, printer.projection), now) == printer.cells(item, now)
            seen += 1

    assert seen > 400


def project(value, projection):
    """The value with nothing but the fields of a projection."""
    if isinstance(value, list):
        return [project(member, projection) for member in value]
    if not projection or not isinstance(value, dict):
        return value
    return {k: project(value[k], projection[k]) for k in projection if k in value}
