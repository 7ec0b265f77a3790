"""The words of the product are those of etcd, Kubernetes and forensics."""

from __future__ import annotations

import re

import pytest
from paths import REPOSITORY

PHRASES = (
    *(r"\btold\b", r"\btells\b", r"\banew\b", r"\bgo(es)? on\b", r"\blooks? after\b"),
    *(r"\bwhose account\b", r"\bif it is none\b", r"\bof the kind\b"),
    r"\bstands? (here|there|in|beside|for|where)\b",
    *(r"\bcame true\b", r"\bin no byte\b", r"\blast words\b", r"\bthat is whole here\b"),
    *(r"\bages count to\b", r"\bmade from what was read\b", r"\bdefect of etcdpod\b"),
    *(r"\bbelieve any\b", r"\bfor programs\b", r"\bcost nothing\b"),
)
"""Phrases that read as translated, or that etcd and Kubernetes say otherwise."""

FILES = [
    *(REPOSITORY / "etcdpod").rglob("*.py"),
    *(REPOSITORY / "etcdpod" / "guide").glob("*.md"),
    REPOSITORY / "README.md",
]


@pytest.mark.parametrize("phrase", PHRASES)
def test_no_file_uses_the_phrase(phrase: str) -> None:
    pattern = re.compile(phrase, re.IGNORECASE)
    found = []
    for path in FILES:
        name = path.relative_to(REPOSITORY).as_posix()
        lines = path.read_text().splitlines()
        found += [f"{name}:{n}: {line}" for n, line in enumerate(lines, 1) if pattern.search(line)]
    assert found == []
