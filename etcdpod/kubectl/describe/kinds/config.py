"""ConfigMaps, Secrets (only the sizes of their values) and ServiceAccounts."""

from __future__ import annotations

import binascii
from typing import TYPE_CHECKING, Any, Final

from etcdpod.kubectl.describe.describer import (
    Describer,
    by_bytes,
    heading,
    labels_and_annotations,
)
from etcdpod.kubectl.describe.fields import text_at
from etcdpod.kubectl.tables.printer import NONE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etcdpod.kubectl.describe.describer import Around

TOKEN_TYPE: Final = "kubernetes.io/service-account-token"
"""The only type for which kubectl shows a value: that of ``token``."""

PULL_SECRETS: Final = "Image pull secrets:"


def _config_map(thing: dict[str, Any], around: Around) -> Iterator[str]:
    del around
    yield from heading(thing)
    yield from labels_and_annotations(thing)
    yield ""
    yield "Data"
    yield "===="
    data: dict[str, str] = thing.get("data") or {}
    for key in by_bytes(data):
        yield f"{key}:"
        yield "----"
        yield data[key]
        yield ""
    yield ""
    yield "BinaryData"
    yield "===="
    binary: dict[str, str] = thing.get("binaryData") or {}
    for key in by_bytes(binary):
        yield f"{key}: {size(binary[key])} bytes"
    yield ""


def _secret(thing: dict[str, Any], around: Around) -> Iterator[str]:
    yield from heading(thing)
    yield from labels_and_annotations(thing)
    yield ""
    yield f"Type:\t{text_at(thing, 'type')}"
    yield ""
    yield "Data"
    yield "===="
    data: dict[str, Any] = thing.get("data") or {}
    for key in by_bytes(data):
        is_token = thing.get("type") == TOKEN_TYPE and key == "token"
        if is_token and around.show_secrets:
            yield f"{key}:\t{_decoded(data[key])}"
        else:
            yield f"{key}:\t{size(data[key])} bytes"


def _decoded(value: str) -> str:
    return binascii.a2b_base64(value).decode("utf-8", "replace")


def size(value: str) -> int:
    """Decoded size in bytes of a base64 value; 0 if it is not base64."""
    try:
        return len(binascii.a2b_base64(value))
    except (binascii.Error, ValueError):
        return 0


def _service_account(thing: dict[str, Any], around: Around) -> Iterator[str]:
    del around
    yield from heading(thing)
    yield from labels_and_annotations(thing)
    names = [text_at(secret, "name") for secret in thing.get("imagePullSecrets") or ()]
    title = PULL_SECRETS
    for name in names or [NONE]:
        yield f"{title}\t{name}"
        title = " " * len(PULL_SECRETS)


CONFIG_MAP = Describer("ConfigMap", _config_map)
SECRET = Describer("Secret", _secret, events="")
SERVICE_ACCOUNT = Describer("ServiceAccount", _service_account)
