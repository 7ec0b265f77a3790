"""KMS providers: a value's key is itself encrypted, and only the provider's plugin decrypts it.

References:
    https://github.com/kubernetes/kubernetes/blob/master/staging/src/k8s.io/kms/apis/v2/api.proto
"""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from google.protobuf.message import DecodeError

from etcdpod.kube.encryption.ciphers import CUT, AesCbc, AesGcm, Cipher, SeededAesGcm
from etcdpod.kube.schema.loader import message_class
from etcdpod.records import SealCode, SealFault

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

VERSION_1_METHOD = "/v1beta1.KeyManagementService/Decrypt"
VERSION_2_METHOD = "/v2.KeyManagementService/Decrypt"
DEFAULT_TIMEOUT_SECONDS = 3.0
MAX_TIMEOUT_SECONDS = 30.0
SEEDED = 1
"""EncryptedDEKSourceType: the decrypted bytes are a seed, not a key."""
_LENGTH_SIZE = 2


@dataclass(slots=True)
class KmsProvider:
    """One ``kms`` provider of a configuration. The plugin is called when a value needs it.

    Args:
        name: the name of the provider.
        version: ``v1`` or ``v2``.
        endpoint: the plugin's address: ``unix:///path``.
        timeout: timeout of one call in seconds.
        unwrapped: data keys already known, by the SHA-256 of their encrypted form.
    """

    name: str
    version: str
    endpoint: str
    timeout: float = DEFAULT_TIMEOUT_SECONDS
    unwrapped: Mapping[bytes, bytes] = field(default_factory=dict, repr=False)
    _opened: dict[bytes, bytes | SealFault] = field(default_factory=dict, repr=False)
    """Cached responses of the plugin, including failures: a dead plugin is called only once."""

    def open(self, key: bytes, body: bytes) -> bytes | SealFault:
        """The plaintext, or why the body could not be decrypted."""
        return self._open_v1(key, body) if self.version == "v1" else self._open_v2(key, body)

    def _open_v1(self, key: bytes, body: bytes) -> bytes | SealFault:
        end = _LENGTH_SIZE + int.from_bytes(body[:_LENGTH_SIZE], "big")
        wrapped, sealed = body[_LENGTH_SIZE:end], body[end:]
        if len(body) <= end:
            return CUT
        request = _field(1, b"v1beta1") + _field(2, wrapped)
        secret = self._unwrap(wrapped, VERSION_1_METHOD, request)
        if isinstance(secret, SealFault):
            return secret
        opened = _with_key(AesGcm, secret, key, sealed)
        if isinstance(opened, bytes):
            return opened
        # Up to Kubernetes 1.24 values were encrypted with CBC.
        older = _with_key(AesCbc, secret, key, sealed)
        return older if isinstance(older, bytes) else opened

    def _open_v2(self, key: bytes, body: bytes) -> bytes | SealFault:
        try:
            sealed = _EncryptedObject.FromString(body)
        except DecodeError:
            return CUT
        wrapped = sealed.encryptedDEKSource
        if not wrapped:
            return CUT
        request = (
            _field(1, wrapped) + _field(2, uuid.uuid4().hex.encode())
            + _field(3, sealed.keyID.encode())
            + b"".join(_field(4, entry.SerializeToString()) for entry in sealed.annotations)
        )  # fmt: skip
        secret = self._unwrap(wrapped, VERSION_2_METHOD, request)
        if isinstance(secret, SealFault):
            return secret
        cipher = SeededAesGcm if sealed.encryptedDEKSourceType == SEEDED else AesGcm
        return _with_key(cipher, secret, key, sealed.encryptedData)

    def _unwrap(self, wrapped: bytes, method: str, request: bytes) -> bytes | SealFault:
        digest = hashlib.sha256(wrapped).digest()
        known = self.unwrapped.get(digest)
        if known is not None:
            return known
        if digest not in self._opened:
            self._opened[digest] = self._ask(method, request)
        return self._opened[digest]

    def _ask(self, method: str, request: bytes) -> bytes | SealFault:
        if not self.endpoint.startswith("unix:"):
            return SealFault(SealCode.PLUGIN_ADDRESS, self.endpoint)
        import grpc

        with grpc.insecure_channel(self.endpoint) as channel:
            call: Any = channel.unary_unary(method)
            try:
                answer: bytes = call(request, timeout=self.timeout)
            except grpc.RpcError as error:
                # The plugin's own message is left out: it may quote its input.
                return SealFault(SealCode.PLUGIN_FAILED, self.endpoint, error.code().name)
        secret = _first_field(answer)
        return secret or SealFault(SealCode.PLUGIN_EMPTY, self.endpoint)


def _with_key(
    make: Callable[[bytes], Cipher], secret: bytes, key: bytes, sealed: bytes
) -> bytes | SealFault:
    try:
        return make(secret).open(key, sealed)
    except ValueError:
        return SealFault(SealCode.PLUGIN_KEY_SIZE)


def _field(number: int, content: bytes) -> bytes:
    """A length-delimited protobuf field."""
    size, encoded = len(content), bytearray([number << 3 | 2])
    while size >= 0x80:
        encoded.append(size & 0x7F | 0x80)
        size >>= 7
    encoded.append(size)
    return bytes(encoded) + content


def _first_field(message: bytes) -> bytes:
    """Content of the length-delimited field 1 at the start of a message; empty if absent."""
    if message[:1] != bytes([1 << 3 | 2]):
        return b""
    size = shift = 0
    for position, byte in enumerate(message[1:11], start=2):
        size |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return message[position : position + size]
    return b""


_EncryptedObject: Any = message_class("k8s.io.apiserver.kmsv2.EncryptedObject")
