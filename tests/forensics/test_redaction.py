"""Random registries, redacted: no four bytes in a row of anything that somebody wrote."""

from __future__ import annotations

import base64
import json
import random
import string
from typing import TYPE_CHECKING, Any

import pytest

from etcdpod.forensics.export.redact import Redactor, _field_words, bundle, source_facts

if TYPE_CHECKING:
    from collections.abc import Callable

RUN = 4
LETTERS = string.ascii_letters + string.digits + "-_.:/@+= "


class Writer:
    """Makes up words, and remembers them."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self.words: list[str] = []

    def word(self, letters: str = LETTERS) -> str:
        size = self._random.randrange(RUN, 60)
        self.words.append("".join(self._random.choices(letters, k=size)))
        return self.words[-1]

    def encoded(self) -> str:
        text = base64.b64encode(self.word().encode()).decode()
        self.words.append(text)
        return text

    def map(self, value: Callable[[], Any]) -> dict[str, Any]:
        names = self._random.choices(sorted(_field_words()), k=1)
        return {name: value() for name in [*names, self.word(string.ascii_lowercase), self.word()]}

    def tree(self, depth: int = 3) -> Any:
        made = self._random.randrange(4) if depth else 0
        if made == 0:
            return self.word()
        if made == 1:
            return [self.tree(depth - 1) for _ in range(3)]
        return self.map(lambda: self.tree(depth - 1))


def metadata(write: Writer, name: str) -> dict[str, Any]:
    return {
        "name": name,
        "namespace": write.word(string.ascii_lowercase),
        "annotations": write.map(write.word),
        "labels": write.map(write.word),
        "managedFields": [{"fieldsV1": {"f:data": {f"f:{write.word()}": {}}}}],
    }


@pytest.mark.parametrize("seed", range(12))
def test_no_four_bytes_of_what_somebody_wrote(seed: int, registry_of: Callable) -> None:
    write = Writer(seed)
    secrets = [
        {
            "apiVersion": "apps/v1" if kind == "Deployment" else "v1",
            "kind": kind,
            "metadata": metadata(write, write.word(string.ascii_lowercase)),
            "data": write.map(write.encoded if kind == "Secret" else write.word),
            "spec": write.tree(),
            "stringData": write.tree(),
        }
        for kind in ("Secret", "ConfigMap", "Pod", "Deployment")
        for _ in range(3)
    ]
    raw = {
        f"/registry/{write.word(string.ascii_lowercase)}/{write.word(string.ascii_lowercase)}": one
        for one in (write.word().encode(), json.dumps(write.tree()).encode())
    }
    registry = registry_of(*secrets, raw=raw)
    redactor = Redactor()
    records = registry.connector.records()
    lines = [source_facts(registry, redactor), *bundle(registry, redactor, records)]
    said = json.dumps(lines, ensure_ascii=False)
    public = " ".join([*_field_words(), *PUBLIC])
    betrayed = {
        run
        for word in write.words
        for run in (word[at : at + RUN] for at in range(len(word) - RUN + 1))
        if run in said and run not in public and not run.isdigit()
    }
    assert betrayed == set()
    assert len(lines) == 1 + len(secrets) + len(raw)


PUBLIC = (
    *("apiVersion", "createRevision", "currentRevision", "compactRevision", "etcdVersion"),
    *("keyBytes", "undecodableAt", "lossless", "unknownFields", "etcdpod redacted bundle 1"),
    *("registry", "secrets", "configmaps", "deployments", "apps/v1", "Secret", "ConfigMap"),
    *("Deployment", "encoding", "cluster", "details", "snapshot", "revision", "version", "trust"),
    *("object", "value", "bytes", "null", "true", "false", "json", "size", "format", "kind"),
)
"""What every bundle says, beside the names of fields."""


def test_names_that_somebody_gave_are_hashed_though_fields_have_them(
    registry_of: Callable,
) -> None:
    registry = registry_of(
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": "a", "namespace": "b", "labels": {"username": "x"}},
            "data": {"password": "eA==", "token": "eA=="},
        }
    )
    (line,) = bundle(registry, Redactor(b"salt"), registry.connector.records())
    assert all(name.startswith("~") for name in line["object"]["data"])
    assert all(name.startswith("~") for name in line["object"]["metadata"]["labels"])
    assert line["object"]["metadata"]["name"].startswith("~")
