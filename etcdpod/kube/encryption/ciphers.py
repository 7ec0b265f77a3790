"""The encryption schemes of a Kubernetes API server, for decryption.

Each decrypts the bytes after a value's prefix. On failure, it examines the unauthenticated
plaintext: if that looks like the start of an object, the key is the right one, and the value
was truncated, modified, or moved to another etcd key.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher as SymmetricCipher
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC, CTR

from etcdpod.kube.codec.cbor import CborError, parse_cbor
from etcdpod.records import SealCode, SealFault

if TYPE_CHECKING:
    from collections.abc import Callable

BLOCK_SIZE = 16
NONCE_SIZE = 12
TAG_SIZE = 16
SECRETBOX_NONCE_SIZE = 24
SEED_INFO_SIZE = 32
"""Length of the bytes before a value from which KMS v2 derives its key."""
CONTENT_TYPE = 4 << 3 | 2
"""Tag of the last field of a protobuf envelope (runtime.Unknown)."""
MAX_VARINT_SIZE = 10
PROTOBUF, CBOR = b"k8s\0", b"\xd9\xd9\xf7"
"""The first bytes of two of the three encodings in which an API server stores values."""
JSON_START = re.compile(rb'\{\s*["}]')

WRONG_KEY, CUT = SealFault(SealCode.WRONG_KEY), SealFault(SealCode.CUT)
MOVED, CHANGED = SealFault(SealCode.MOVED), SealFault(SealCode.CHANGED)


class Cipher(Protocol):
    """One key of one scheme."""

    def open(self, key: bytes, body: bytes) -> bytes | SealFault:
        """The plaintext, or why the body could not be decrypted."""


@dataclass(frozen=True, slots=True)
class AesCbc:
    """``aescbc``: unauthenticated, so nothing proves that the value was not modified."""

    secret: bytes = field(repr=False)

    def open(self, key: bytes, body: bytes) -> bytes | SealFault:
        """16 bytes of IV, then AES-CBC with PKCS#7 padding; the etcd key is not used."""
        vector, sealed = body[:BLOCK_SIZE], body[BLOCK_SIZE:]
        whole = sealed[: len(sealed) - len(sealed) % BLOCK_SIZE]
        if len(vector) < BLOCK_SIZE or not sealed:
            return CUT
        decryptor = SymmetricCipher(AES(self.secret), CBC(vector)).decryptor()
        padded = decryptor.update(whole) + decryptor.finalize()
        if len(whole) == len(sealed):
            padding = padded[-1]
            is_padded = 1 <= padding <= BLOCK_SIZE
            if is_padded and padded.endswith(bytes([padding]) * padding):
                plain = padded[:-padding]
                return plain if is_plain(plain) else WRONG_KEY
        return CUT if is_plain(padded) else WRONG_KEY


@dataclass(frozen=True, slots=True)
class AesGcm:
    """``aesgcm``, and the data keys of a KMS provider: bound to the etcd key."""

    secret: bytes = field(repr=False)

    def open(self, key: bytes, body: bytes) -> bytes | SealFault:
        """12 bytes of nonce, AES-GCM, 16 bytes of tag; authenticates the etcd key as well."""
        nonce, sealed = body[:NONCE_SIZE], body[NONCE_SIZE:]
        if len(nonce) < NONCE_SIZE or len(sealed) < TAG_SIZE:
            return CUT
        try:
            return AESGCM(self.secret).decrypt(nonce, sealed, key)
        except InvalidTag:
            return _fault(self._unsealed(nonce, sealed[:-TAG_SIZE]), MOVED)

    def _unsealed(self, nonce: bytes, sealed: bytes) -> bytes:
        # GCM encrypts with a counter that starts at 2; only the tag check is left out here.
        counter = nonce + (2).to_bytes(4, "big")
        decryptor = SymmetricCipher(AES(self.secret), CTR(counter)).decryptor()
        return decryptor.update(sealed) + decryptor.finalize()


@dataclass(frozen=True, slots=True)
class SecretBox:
    """``secretbox``: authenticated, but not bound to the etcd key."""

    secret: bytes = field(repr=False)

    def open(self, key: bytes, body: bytes) -> bytes | SealFault:
        """24 bytes of nonce, then NaCl's secretbox (XSalsa20-Poly1305, tag first)."""
        from nacl.bindings import crypto_secretbox, crypto_secretbox_open
        from nacl.exceptions import CryptoError

        nonce, sealed = body[:SECRETBOX_NONCE_SIZE], body[SECRETBOX_NONCE_SIZE:]
        if len(nonce) < SECRETBOX_NONCE_SIZE or len(sealed) < TAG_SIZE:
            return CUT
        try:
            opened: bytes = crypto_secretbox_open(sealed, nonce, self.secret)
        except CryptoError:
            # A stream cipher: encrypting zeros gives the key stream.
            hidden = sealed[TAG_SIZE:]
            stream = crypto_secretbox(bytes(len(hidden)), nonce, self.secret)[TAG_SIZE:]
            mixed = (one ^ other for one, other in zip(hidden, stream, strict=True))
            return _fault(bytes(mixed), CHANGED)
        return opened


@dataclass(frozen=True, slots=True)
class SeededAesGcm:
    """KMS v2 since Kubernetes 1.29: a seed from which the key of each value is derived."""

    seed: bytes = field(repr=False)

    def open(self, key: bytes, body: bytes) -> bytes | SealFault:
        """32 bytes from which the key is derived, then as ``AesGcm``."""
        info, rest = body[:SEED_INFO_SIZE], body[SEED_INFO_SIZE:]
        if len(info) < SEED_INFO_SIZE:
            return CUT
        # Only the expand step of HKDF, for one block of output.
        secret = hmac.new(self.seed, info + b"\x01", hashlib.sha256).digest()
        return AesGcm(secret).open(key, rest)


CIPHERS: dict[str, Callable[[bytes], Cipher]] = {
    "aescbc": AesCbc,
    "aesgcm": AesGcm,
    "secretbox": SecretBox,
}
"""The schemes whose keys are in the configuration itself, by their names there."""
KEY_SIZES = {"aescbc": (16, 24, 32), "aesgcm": (16, 24, 32), "secretbox": (32,)}


def is_plain(value: bytes) -> bool:
    """Whether bytes start like a value stored by an API server."""
    return value.startswith((PROTOBUF, CBOR)) or JSON_START.match(value) is not None


def _fault(unsealed: bytes, otherwise: SealFault) -> SealFault:
    """Why authentication of a value failed, judged from its unauthenticated plaintext."""
    if not is_plain(unsealed):
        return WRONG_KEY
    return otherwise if _is_whole(unsealed) else CUT


def _is_whole(plain: bytes) -> bool:
    """Whether a plaintext value ends where its own length fields say."""
    if plain.startswith(PROTOBUF):
        return _envelope_end(plain) == len(plain)
    try:
        if plain.startswith(CBOR):
            parse_cbor(plain)
        else:
            json.loads(plain)
    except (CborError, ValueError, RecursionError):
        return False
    return True


def _envelope_end(plain: bytes) -> int | None:
    """End of a protobuf envelope by its own length fields: after its content type, if present.

    All fields of the envelope are length-delimited, and the server always writes the last one.
    """
    position, tag = len(PROTOBUF), 0
    while position < len(plain) and tag != CONTENT_TYPE:
        tag, size = plain[position], 0
        for shift, byte in enumerate(plain[position + 1 : position + 1 + MAX_VARINT_SIZE]):
            size |= (byte & 0x7F) << (7 * shift)
            if byte < 0x80:
                position += 2 + shift + size
                break
        else:
            return None
    return position if tag == CONTENT_TYPE else None
