"""Columns of custom resources."""

from __future__ import annotations

from datetime import UTC, datetime

from etcdpod.kube.model.types import ResourceTypes
from etcdpod.kubectl.tables.layout import layout
from etcdpod.kubectl.tables.printers import printer_for

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)


def definition(*columns, **extra):
    return {
        "spec": {
            "group": "x.example.com",
            "names": {"plural": "xs", "kind": "X"},
            "versions": [{"name": "v1", "served": True, "additionalPrinterColumns": list(columns)}],
            **extra,
        }
    }


def column(name, kind, path, **extra):
    return {"name": name, "type": kind, "jsonPath": path, **extra}


def table(crd, thing, **options):
    kind = ResourceTypes([crd]).resolve("xs")
    shown = layout(printer_for(kind, crd), NOW, **options)
    thing = {"metadata": {"name": "one", "creationTimestamp": "2026-01-01T11:00:00Z"}, **thing}
    return dict(zip(shown.header, shown.row(thing), strict=True))


def test_every_type_of_column():
    crd = definition(
        column("Spec", "string", ".spec.cronSpec"),
        column("Replicas", "integer", ".spec.replicas"),
        column("Ratio", "number", ".spec.ratio"),
        column("Paused", "boolean", ".spec.paused"),
        column("Age", "date", ".metadata.creationTimestamp"),
        column("Ready", "string", '.status.conditions[?(@.type=="Ready")].status'),
        column("Hosts", "string", ".spec.hosts"),
    )
    thing = {
        "spec": {
            "cronSpec": "* * * * *",
            "replicas": 3.9,
            "ratio": 2,
            "paused": False,
            "hosts": ["a", "b"],
        },
        "status": {"conditions": [{"type": "Ready", "status": "True"}]},
    }

    assert table(crd, thing) == {
        "NAME": "one",
        "SPEC": "* * * * *",
        "REPLICAS": "3",
        "RATIO": "2",
        "PAUSED": "false",
        "AGE": "60m",
        "READY": "True",
        "HOSTS": '["a","b"]',
    }


def test_what_is_missing_or_of_another_type_stays_empty():
    crd = definition(
        column("A", "integer", ".spec.a"),
        column("B", "boolean", ".spec.b"),
        column("C", "date", ".spec.c"),
        column("D", "date", ".spec.d"),
        column("E", "string", ".spec.e[0]"),
        column("F", "string", "not a path ]["),
        column("G", "number", ".spec.g"),
    )
    thing = {"spec": {"a": "x", "b": 1, "c": 5, "d": "yesterday", "e": {}, "g": True}}

    assert list(table(crd, thing).values()) == ["one", "", "", "", "<invalid>", "", "", ""]


def test_columns_of_low_priority_are_wide():
    crd = definition(column("A", "string", ".a"), column("B", "string", ".b", priority=1))

    assert list(table(crd, {})) == ["NAME", "A"]
    assert list(table(crd, {}, wide=True)) == ["NAME", "A", "B"]


def test_a_definition_without_columns_gets_name_and_age():
    assert table(definition(), {}) == {"NAME": "one", "AGE": "60m"}


def test_a_definition_of_the_first_version_has_its_columns_at_the_top():
    old = definition(
        versions=[{"name": "v1", "served": True}],
        additionalPrinterColumns=[{"name": "A", "type": "string", "JSONPath": ".a"}],
    )

    assert table(old, {"a": "x"}) == {"NAME": "one", "A": "x"}


def test_a_custom_kind_that_is_called_like_a_built_in_one_is_not_printed_as_it():
    crd = definition(names={"plural": "xs", "kind": "Pod"})

    assert table(crd, {}) == {"NAME": "one", "AGE": "60m"}
