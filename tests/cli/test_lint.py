"""``lint`` over the recorded registry."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def remarks(cli: Callable, *words: str) -> list[dict]:
    ran = cli("lint", "-o", "json", "--from", "demo-end", *words)
    assert ran.code == 0, ran.err
    return json.loads(ran.out)


def test_each_workload_is_told_once(cli: Callable) -> None:
    found = remarks(cli)
    kinds = {(one["object"]["kind"], one["object"]["name"]) for one in found}
    assert ("Deployment", "web") in kinds
    assert ("StatefulSet", "db") in kinds
    assert not any(kind == "ReplicaSet" for kind, _ in kinds)
    assert not any(name.startswith(("web-", "db-")) for _, name in kinds)


def test_pods_that_nothing_owns(cli: Callable) -> None:
    bare = {one["object"]["name"] for one in remarks(cli, "--practice", "bare-pod", "-n", "shop")}
    assert bare == {"cache", "mailer", "orders", "search", "thumbs", "too-big", "urgent"}


def test_object_field_and_reason(cli: Callable) -> None:
    (remark,) = remarks(cli, "--practice", "secret-in-env")
    assert remark["object"] == {"kind": "StatefulSet", "namespace": "shop", "name": "db"}
    assert remark["field"].endswith("containers[pg].env[PGPASSWORD].valueFrom.secretKeyRef")
    assert remark["reason"]
    assert remark["revision"] > 1


def test_as_of_a_revision(cli: Callable) -> None:
    ran = cli("lint", "-o", "json", "--at", "400", "--from", "demo")
    early = {one["object"]["name"] for one in json.loads(ran.out)}
    assert "web" in early
    assert "urgent" not in early


def test_for_people(cli: Callable) -> None:
    ran = cli("lint", "-n", "shop", "--from", "demo-end")
    text = ran.out
    assert "● Deployment shop/web " in text
    assert "missing-liveness-probe → " in text.replace("  ", " ").replace("  ", " ")
    counts = Counter(line.split()[0] for line in text.splitlines() if line.startswith("  "))
    assert (
        text.splitlines()[-1] == f"{counts['warning'] + counts['info'] + counts['error']} remarks"
    )


def test_a_practice_that_is_none(cli: Callable) -> None:
    ran = cli("lint", "--practice", "tidiness", "--from", "demo-end")
    assert ran.code == 2
    assert "bare-pod" in ran.err


def test_what_cannot_be_read_is_named_and_not_judged(cli: Callable, shared: Callable) -> None:
    source = str(shared("fixtures/encrypted/encrypted.db"))
    ran = cli("lint", "--from", source)
    assert "0 remarks" in ran.out
    assert "/registry/pods/vaulted/p1: encrypted (aescbc:v1, key key-p)" in ran.err
    assert "2 objects cannot be read, and were not judged" in ran.err
