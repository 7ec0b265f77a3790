"""The sources in proto/ say what the fact tables say, row by row."""

from __future__ import annotations

import csv
import re
from typing import Any

import pytest
from paths import SHARED

from etcdpod.kube import schema

TABLES = SHARED / "facts" / "kubernetes"
EARLIER = re.compile(r"k8s\.io\.api\.networking\.v1(beta1)?\.IngressClassParametersReference")
"""Its first three fields were there before it, as those of another message."""
SCALARS = ("string", "bool", "int32", "int64", "uint32", "double")


def rows(name: str) -> list[dict[str, str]]:
    path = TABLES / name
    if not path.exists():
        pytest.skip("../shared is absent")
    with path.open(newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def expected(row: dict[str, str]) -> tuple[Any, ...]:
    kind = row["type"]
    if row["label"] == "map":
        kind = kind.removeprefix("map<string,").removesuffix(">")
    pointer = row["go_kind"] == "pointer" and kind in SCALARS
    return row["proto_name"], row["label"], kind, row["rule"], pointer


@pytest.mark.parametrize("name", ["fields", "fields-historic", "fields-openshift"])
def test_every_field_is_as_its_row_says(name: str) -> None:
    count = 0
    for row in rows(f"{name}.tsv"):
        facts = schema.message_facts(row["message"])
        field = next(field for field in facts.fields if field.number == int(row["number"]))
        assert (field.name, field.label, field.type, field.rule, field.pointer) == expected(row)
        if row["json_name"] not in ("", "-"):
            assert field.json_name == row["json_name"]
        if not EARLIER.fullmatch(row["message"]):
            assert (field.first or "1.17") == (row["first"] or "1.17"), row
        newest = "1.37" if row["first"] else "1.36"
        assert (field.last or newest) == (row["last"] or newest), row
        count += 1
    assert count > 400


@pytest.mark.parametrize("name", ["messages", "messages-historic", "messages-openshift"])
def test_every_message_is_as_its_row_says(name: str) -> None:
    for row in rows(f"{name}.tsv"):
        facts = schema.message_facts(row["message"])
        assert facts.json_form == row["json_form"]
        assert len(facts.fields) >= int(row["n_fields"])
        if row["json_form"] == "object":
            assert facts.type_meta == (row["has_typemeta"] == "1"), row


@pytest.mark.parametrize("name", ["kinds", "kinds-historic"])
def test_every_kind_is_as_its_row_says(name: str) -> None:
    kinds = schema.kinds_by_name()
    for row in rows(f"{name}.tsv"):
        kind = kinds[row["apiVersion"], row["kind"]]
        assert kind.message == row["message"]
        assert kind.resource == row["resource"]
        assert kind.stored == (row["stored"] == "1")
        assert kind.namespaced == (row["scope"] == "N")
        assert kind.key_prefix == row["key_prefix"].removeprefix("/registry/")
        assert kind.storage_version == row["storage_version_1_36"]
        assert kind.served == (row["served_1_36"] or "no")
        releases = (kind.introduced, kind.removed, kind.first, kind.last)
        assert releases == tuple(row[c] for c in ("introduced", "removed", "first", "last"))
