"""Tables as they are asked for: columns, labels, prefixes, hostile objects."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from etcdpod.kube.model.types import ResourceTypes
from etcdpod.kubectl.tables.layout import cell_text, layout
from etcdpod.kubectl.tables.pod import POD
from etcdpod.kubectl.tables.printers import PRINTERS, printer_for

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
TYPES = ResourceTypes()
CONFIG = printer_for(TYPES.resolve("cm"))
THING = {"metadata": {"name": "a", "namespace": "ns", "labels": {"b": "2", "x.io/a": "1"}}}


def test_namespace_labels_and_label_columns():
    shown = layout(CONFIG, NOW, namespace=True, label_columns=("x.io/a", "none"), show_labels=True)

    assert shown.header == ("NAMESPACE", "NAME", "DATA", "AGE", "A", "NONE", "LABELS")
    assert shown.row(THING) == ["ns", "a", "0", "<unknown>", "1", "<none>", "b=2,x.io/a=1"]
    assert shown.projection["metadata"]["labels"] == {}


def test_labels_are_read_only_when_they_are_shown():
    assert "labels" not in layout(CONFIG, NOW).projection["metadata"]


@pytest.mark.parametrize(
    ("kind", "name"),
    [("pods", "pod/a"), ("deploy", "deployment.apps/a"), ("cm", "configmap/a")],
)
def test_names_are_prefixed_where_several_kinds_are_listed(kind, name):
    resource = TYPES.resolve(kind)

    assert layout(printer_for(resource), NOW, prefix=resource).row(THING)[0] == name


def test_the_name_of_an_event_is_far_right():
    resource = TYPES.resolve("ev")

    assert "event/a" not in layout(printer_for(resource), NOW, prefix=resource).row(THING)
    assert (
        layout(printer_for(resource), NOW, prefix=resource, wide=True).row(THING)[-1] == "event/a"
    )


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("one\ntwo", "one..."),
        ("one\rtwo", "one..."),
        ("one\ftwo", "one..."),
        ("\n", "..."),
        ("\x1b[31mred\x1b[0m", "^[[31mred^[[0m"),
        ("\u202egpj.exe", "\\u202egpj.exe"),
        ("a\tb", "a\tb"),
        ("naïve 日本 🙂", "naïve 日本 🙂"),
    ],
)
def test_cells_hold_one_harmless_line(text, shown):
    assert cell_text(text) == shown


HOSTILE = [None, 7, "text", True, [], [None], [1], ["x"], {"x": 1}, [[]], {"a": {"b": []}}, -1]


@pytest.mark.parametrize("printer", PRINTERS, ids=lambda printer: printer.kind)
@pytest.mark.parametrize("value", HOSTILE, ids=repr)
def test_an_object_without_the_shape_of_its_kind_is_listed_all_the_same(printer, value):
    """A value that was stored as JSON may hold anything under any name."""
    shown = layout(printer, NOW, wide=True)
    for field in ("spec", "status"):
        members = dict.fromkeys(printer.projection.get(field, {}), value)
        for content in (value, members):
            row = shown.row({"metadata": {"name": "a"}, field: content})
            assert len(row) == len(shown.header)
            assert all(isinstance(cell, str) for cell in row)


@pytest.mark.parametrize("metadata", [None, 7, [], "x", {}, {"name": None}])
def test_metadata_of_any_shape_is_listed(metadata):
    row = layout(POD, NOW, namespace=True, show_labels=True).row({"metadata": metadata})

    assert len(row) == 7
