"""A redacted bundle holds the shape of a registry and no word of it."""

from __future__ import annotations

import base64
import gzip
import json
from typing import TYPE_CHECKING, Any

import pytest

from etcdpod.forensics.export.redact import Redactor, _field_words, _key_words, _type_words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

RUN = 6
"""Bytes in a row that would betray a word."""
MARKER = b"k3eP-th1s.Secret_"


def bundle(cli: Callable, path: Path, *words: str) -> tuple[bytes, list[dict[str, Any]]]:
    ran = cli("export", "--redacted", str(path), *words)
    assert ran.code == 0, ran.err
    assert ran.out == ""
    content = path.read_bytes()
    if path.suffix == ".gz":
        content = gzip.decompress(content)
    return content, [json.loads(line) for line in content.splitlines()]


def private_words(cli: Callable, *source: str) -> Iterator[str]:
    """Every Secret, annotation and environment value of a registry, and every label and name."""
    kinds = "pods,secrets,configmaps,deployments,events,namespaces,nodes,serviceaccounts"
    words = ("get", kinds, "-A", "-o", "jsonl", "--show-secrets", *source)
    for line in cli(*words).out.splitlines():
        value = json.loads(line)
        metadata = value["metadata"]
        for section in (metadata.get("annotations", {}), metadata.get("labels", {})):
            yield from section
            yield from section.values()
        yield from (metadata["name"], metadata.get("namespace", ""), metadata["uid"])
        data = value.get("data", {})
        yield from data
        for text in data.values():
            yield text
            if value["kind"] == "Secret":
                yield base64.b64decode(text).decode()
        spec = value.get("spec", {})
        template = spec.get("template", {}).get("spec", spec)
        for container in template.get("containers", []):
            yield container["image"]
            for variable in container.get("env", []):
                yield variable["name"]
                yield variable.get("value", "")


def runs(text: bytes) -> set[bytes]:
    return {text[at : at + RUN] for at in range(len(text) - RUN + 1)}


def public_words() -> set[str]:
    """What any bundle says: Kubernetes' own words, and those of the bundle's form."""
    own = {"protobuf", "encoding", "createRevision", "keyBytes", "lossless", "revision", "version"}
    return {*_field_words(), *_key_words(), *_type_words(), *own, "deleted", "undecodableAt"}


def tokens(value: Any) -> Iterator[str]:
    """Every text in a line, names of members included, and every number as it is written."""
    if isinstance(value, dict):
        for name, member in value.items():
            yield name
            yield from tokens(member)
    elif isinstance(value, list):
        for member in value:
            yield from tokens(member)
    elif value is not None and not isinstance(value, bool):
        yield str(value)


def test_no_word_of_the_registry_is_in_it(tmp_path: Path, cli: Callable) -> None:
    content, (_, *lines) = bundle(cli, tmp_path / "shape.jsonl", "--from", "demo")
    public = public_words()
    texts = {token for line in lines for token in tokens(line)} - public
    pieces = {piece for text in texts for piece in text.split("/")}
    said = [piece.removeprefix("f:") for piece in pieces]
    found = {run for piece in said if piece not in public for run in runs(piece.encode())}
    assert len(found) > 1000
    words = {word.encode() for word in private_words(cli, "--from", "demo")}
    assert len(words) > 300
    betrayed = {word: runs(word) & found for word in words if runs(word) & found}
    assert betrayed == {}
    # Whole words, wherever they may stand, and those that Kubernetes has too.
    whole = {word for word in words if len(word) >= RUN and word in content}
    assert [word for word in whole if not any(word.decode() in one for one in public)] == []
    assert len(lines) == 1049


def test_the_shape_is_all_there(tmp_path: Path, cli: Callable) -> None:
    _, (source, *lines) = bundle(cli, tmp_path / "shape.jsonl", "--from", "demo")
    keys = cli("keys", "--all-revisions", "-o", "jsonl", "--from", "demo").out.splitlines()
    truth = [json.loads(line) for line in keys]
    for line, true in zip(lines, truth, strict=True):
        names = ("revision", "sub")
        assert [line[name] for name in names] == [true[name] for name in names]
        assert line.get("deleted", False) == true["deleted"]
        if not true["deleted"]:
            names = ("createRevision", "version", "bytes")
            assert [line[name] for name in names] == [true[name] for name in names]
        assert line["keyBytes"] == len(true["key"])
        assert line["key"].count("/") == true["key"].count("/")
    assert len({line["key"] for line in lines}) == len({line["key"] for line in truth})
    pod = next(line for line in lines if line["key"].startswith("/registry/pods/"))
    container = pod["object"]["spec"]["containers"][0]
    assert container["image"].startswith("~")
    assert set(container) >= {"image", "name", "resources", "terminationMessagePath"}
    assert source["currentRevision"] == 1050


def test_equal_words_are_equal_in_one_bundle_and_differ_between_two(
    tmp_path: Path, cli: Callable
) -> None:
    names = []
    for name in ("one.jsonl", "two.jsonl.gz"):
        _, (_, *lines) = bundle(cli, tmp_path / name, "--from", "demo")
        pods = [line["key"] for line in lines if line["key"].startswith("/registry/pods/")]
        assert len({key.split("/")[3] for key in pods}) < len({*pods})
        names.append(set(pods))
    assert not names[0] & names[1]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("/registry/acme.example/widgets/team/one", b'{"kind":"Widget","spec":{"%s":"%s","n":4}}'),
        ("/registry/pods/team/broken", b"k8s\x00 %s %s"),
        ("/registry/secrets/team/sealed", b"k8s:enc:aescbc:v1:%s:%s"),
        ("/registry/configmaps/team/nothing", b"%s %s"),
        ("/registry/%s/odd", b"%s %s"),
        ("/other/prefix", b'{"%s": "%s"}'),
    ],
)
def test_odd_values_betray_nothing(
    key: str, value: bytes, etcd_server: Callable, tmp_path: Path, cli: Callable
) -> None:
    server = etcd_server()
    server.etcdctl("put", key.replace("%s", MARKER.decode()), stdin=value % (MARKER, MARKER))
    server.etcdctl("put", "/registry/pods/team/x", "")
    path = server.snapshot(tmp_path / "odd.db")
    content, lines = bundle(cli, tmp_path / "odd.jsonl", "--from", str(path))
    assert len(lines) >= 3
    for word in (MARKER, b"widgets", b"Widget", b"acme.example", b"team/", b"aescbc"):
        assert word not in content
    assert not runs(MARKER) & runs(content)


def test_nothing_is_overwritten_and_nothing_half_written(tmp_path: Path, cli: Callable) -> None:
    there = tmp_path / "there.jsonl"
    there.write_text("mine")
    assert cli("export", "--redacted", str(there), "--from", "demo").code == 2
    assert there.read_text() == "mine"
    assert cli("export", "--from", "demo").code == 2
    assert cli("export", "--redacted", str(tmp_path / "no/such/x"), "--from", "demo").code == 2


def test_a_hash_depends_on_the_salt_alone() -> None:
    one, same, other = Redactor(b"a"), Redactor(b"a"), Redactor(b"b")
    assert one.word("x") == same.word("x") != other.word("x")
    assert one.word("x") != one.word("y")
    assert Redactor().word("x") != Redactor().word("x")
