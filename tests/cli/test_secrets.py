"""No byte of a Secret's data leaves unasked, whatever the command and the format."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

SECRET = ("secret", "shop/db", "--from", "demo")


@pytest.fixture
def hidden(cli: Callable) -> list[str]:
    """What must not be seen: the values as stored, and in plain text."""
    shown = json.loads(cli("get", *SECRET, "-o", "json", "--show-secrets").out)
    values = list(shown["data"].values())
    assert values
    return values + [base64.b64decode(value).decode() for value in values]


@pytest.mark.parametrize(
    "words",
    [
        ("get", *SECRET, "-o", "yaml"),
        ("get", *SECRET, "-o", "json", "--show-managed-fields"),
        ("get", *SECRET, "-o", "jsonl"),
        ("get", *SECRET, "-o", "jsonpath={.data}"),
        ("get", *SECRET, "-o", "custom-columns=X:.data"),
        ("get", *SECRET, "-o", "raw"),
        ("get", *SECRET, "-o", "hex"),
        ("history", *SECRET),
        ("history", *SECRET, "--diff"),
        ("history", *SECRET, "-o", "jsonl", "--objects", "--noise"),
        ("history", *SECRET, "-o", "yaml", "--objects"),
        ("diff", "--from", "demo", "--from", "demo-end"),
        ("diff", "--from", "demo", "--from", "demo-end", "-o", "jsonl"),
        ("info", "--from", "demo", "-o", "json"),
        ("keys", "--from", "demo", "-o", "jsonl"),
    ],
    ids=" ".join,
)
def test_secrets_stay_masked(words: tuple[str, ...], hidden: list[str], cli: Callable) -> None:
    ran = cli(*words)
    for value in hidden:
        assert value not in ran.out
        assert value not in ran.err


def test_decode_masks_too(hidden: list[str], cli: Callable) -> None:
    raw = cli("get", *SECRET, "-o", "raw", "--show-secrets").raw
    masked = cli("decode", "-", stdin=raw)
    assert masked.code == 0
    assert not any(value in masked.out for value in hidden)
    assert hidden[0] in cli("decode", "-", "--show-secrets", stdin=raw).out
