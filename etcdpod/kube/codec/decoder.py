"""Decodes the value of a key to an object, or to the reason why it cannot be decoded."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from etcdpod.kube.codec.cbor import CborError, parse_cbor
from etcdpod.kube.codec.decoded import Decoded
from etcdpod.kube.codec.envelope import MAGIC
from etcdpod.kube.codec.json_numbers import CBOR_MAGIC
from etcdpod.kube.codec.json_value import JsonError, parse_json
from etcdpod.kube.codec.protobuf.message import ProtobufReader, is_lossless
from etcdpod.kube.encryption.transformers import describe, is_encrypted
from etcdpod.records import Encrypted, Undecodable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from etcdpod.kube.codec.decoded import Projection
    from etcdpod.kube.codec.served import Served
    from etcdpod.kube.encryption.transformers import Keyring

    Result = Decoded | Encrypted | Undecodable

COMPACTOR_KEY = b"compact_rev_key"
"""The key by which API servers coordinate compaction; its value is a revision, not an object."""


class Decoder:
    """Decodes the values of one registry; can be kept for as long as the registry is open.

    Args:
        keyring: decrypts values that are encrypted at rest; without one they are only identified.
        as_served: apply what an API server adds on reading: preferred versions and defaults.
        definitions: returns the registry's CustomResourceDefinition objects; called at most once,
            and only if ``as_served`` needs one.
    """

    def __init__(
        self,
        *,
        keyring: Keyring | None = None,
        as_served: bool = False,
        definitions: Callable[[], Iterable[dict[str, Any]]] | None = None,
    ) -> None:
        self._keyring = keyring
        self._served: Served | None = None
        if as_served:
            from etcdpod.kube.codec.served import Served

            self._served = Served(definitions)
        whole = None if self._served is None else self._served.concerns
        self._protobuf = ProtobufReader(whole)

    def expect_many(self) -> None:
        """Prepare to decode thousands of objects, at the cost of a slower start."""
        self._protobuf.expect_many()

    def decode(
        self,
        key: bytes,
        value: bytes,
        *,
        revision: int | None = None,
        projection: Projection | None = None,
        managed_fields: bool = True,
    ) -> Result:
        """The object that a value holds.

        Args:
            key: the complete etcd key: it decrypts encrypted values, and identifies the only value
                that is not an object. The kind always comes from the value.
            value: the stored bytes.
            revision: main revision of the value, shown as ``metadata.resourceVersion``.
            projection: the fields that are needed; others may be missing.
            managed_fields: whether ``metadata.managedFields`` is needed.
        """
        plain = self._open(key, value)
        if isinstance(plain, Encrypted):
            return plain
        result = self._read(key, plain, projection, managed_fields=managed_fields)
        if not isinstance(result, Decoded):
            return result
        if revision is not None:
            metadata = result.object.get("metadata")
            if isinstance(metadata, dict):
                metadata["resourceVersion"] = str(revision)
        return result if self._served is None else self._served.apply(result)

    def verify(self, key: bytes, value: bytes) -> Result:
        """Like ``decode``, with ``lossless`` set to whether re-encoding gives identical bytes."""
        plain = self._open(key, value)
        if isinstance(plain, Encrypted):
            return plain
        result = self._read(key, plain, None, managed_fields=True)
        if not isinstance(result, Decoded):
            return result
        if plain.startswith(MAGIC):
            result = replace(result, lossless=is_lossless(plain))
        return result if self._served is None else self._served.apply(result)

    def _read(
        self, key: bytes, plain: bytes, projection: Projection | None, *, managed_fields: bool
    ) -> Decoded | Undecodable:
        if plain.startswith(MAGIC):
            return self._protobuf.read(plain, projection, managed_fields=managed_fields)
        return _read_other(key, plain, managed_fields=managed_fields)

    def _open(self, key: bytes, value: bytes) -> bytes | Encrypted:
        """The value before encryption at rest, if it was encrypted."""
        if not is_encrypted(value):
            return value
        return describe(value) if self._keyring is None else self._keyring.open(key, value)


def _read_other(key: bytes, value: bytes, *, managed_fields: bool) -> Decoded | Undecodable:
    """A value that is not protobuf."""
    try:
        if value.startswith(CBOR_MAGIC):
            return _object("cbor", parse_cbor(value), value, managed_fields=managed_fields)
        if value.lstrip()[:1] == b"{":
            return _object("json", parse_json(value), value, managed_fields=managed_fields)
    except CborError as error:
        return Undecodable(f"no CBOR object: {error.reason}", value, error.offset)
    except JsonError as error:
        return Undecodable(f"no JSON object: {error.reason}", value, error.offset)
    if value.isdigit() and key.rpartition(b"/")[2] == COMPACTOR_KEY:
        return Decoded({"compactRevision": value.decode()}, "", "", "text")
    if not value:
        return Undecodable("the value is empty", value)
    return Undecodable(
        "it begins as no object of Kubernetes does (protobuf, JSON, CBOR or encrypted)", value, 0
    )


def _object(
    encoding: str, content: Any, value: bytes, *, managed_fields: bool
) -> Decoded | Undecodable:
    if not isinstance(content, dict):
        return Undecodable(f"the {encoding} value is no object", value, 0)
    metadata = content.get("metadata")
    if not managed_fields and isinstance(metadata, dict):
        metadata.pop("managedFields", None)
    api_version, kind = content.get("apiVersion"), content.get("kind")
    return Decoded(
        content,
        api_version if isinstance(api_version, str) else "",
        kind if isinstance(kind, str) else "",
        encoding,
    )
