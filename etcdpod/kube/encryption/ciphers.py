"""The encryption schemes of a Kubernetes API server, for reading.

Each opens the bytes behind a value's prefix. Where it fails, it looks at what the key makes of the
value without its seal: a beginning of an object proves that the key is the right one, and that
the value was cut, changed, or moved to another etcd key.
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
"""Bytes in front of a value from which KMS v2 derives its key."""
CONTENT_TYPE = 4 << 3 | 2
"""Tag of the last field of a protobuf envelope (runtime.Unknown)."""
MAX_VARINT_SIZE = 10
PROTOBUF, CBOR = b"k8s\0", b"\xd9\xd9\xf7"
"""How two of the three encodings begin in which an API server stores values."""
JSON_START = re.compile(rb'\{\s*["}]')

WRONG_KEY, CUT = SealFault(SealCode.WRONG_KEY), SealFault(SealCode.CUT)
MOVED, CHANGED = SealFault(SealCode.MOVED), SealFault(SealCode.CHANGED)


class Cipher(Protocol):
    """One key of one scheme."""

    def open(self, key: bytes, body: bytes) -> bytes | SealFault:
        """The plain value, or why the body could not be opened."""


@dataclass(frozen=True, slots=True)
class AesCbc:
    """``aescbc``: nothing proves that the value is the one that was sealed."""

    secret: bytes = field(repr=False)

    def open(self, key: bytes, body: bytes) -> bytes | SealFault:
        """16 bytes of IV, then AES-CBC with PKCS#7 padding; the etcd key plays no part."""
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
    """``aesgcm``, and what the key of a KMS provider seals: bound to the etcd key."""

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
        # GCM enciphers with a counter that begins at 2; the tag is what is left out here.
        counter = nonce + (2).to_bytes(4, "big")
        decryptor = SymmetricCipher(AES(self.secret), CTR(counter)).decryptor()
        return decryptor.update(sealed) + decryptor.finalize()


@dataclass(frozen=True, slots=True)
class SecretBox:
    """``secretbox``: sealed, but not bound to the etcd key."""

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
            # A stream cipher: sealing zeros gives the stream that the value was mixed with.
            hidden = sealed[TAG_SIZE:]
            stream = crypto_secretbox(bytes(len(hidden)), nonce, self.secret)[TAG_SIZE:]
            mixed = (one ^ other for one, other in zip(hidden, stream, strict=True))
            return _fault(bytes(mixed), CHANGED)
        return opened


@dataclass(frozen=True, slots=True)
class SeededAesGcm:
    """KMS v2 since Kubernetes 1.29: a seed from which every value's own key is derived."""

    seed: bytes = field(repr=False)

    def open(self, key: bytes, body: bytes) -> bytes | SealFault:
        """32 bytes that the key is derived with, then as ``AesGcm``."""
        info, rest = body[:SEED_INFO_SIZE], body[SEED_INFO_SIZE:]
        if len(info) < SEED_INFO_SIZE:
            return CUT
        # HKDF with its expand step alone, for one block of output.
        secret = hmac.new(self.seed, info + b"\x01", hashlib.sha256).digest()
        return AesGcm(secret).open(key, rest)


CIPHERS: dict[str, Callable[[bytes], Cipher]] = {
    "aescbc": AesCbc,
    "aesgcm": AesGcm,
    "secretbox": SecretBox,
}
"""The schemes whose keys are in the configuration itself, by their name there."""
KEY_SIZES = {"aescbc": (16, 24, 32), "aesgcm": (16, 24, 32), "secretbox": (32,)}


def is_plain(value: bytes) -> bool:
    """Whether bytes begin as a value does that an API server stores."""
    return value.startswith((PROTOBUF, CBOR)) or JSON_START.match(value) is not None


def _fault(unsealed: bytes, otherwise: SealFault) -> SealFault:
    """What is wrong with a value whose seal is broken, from what lies under the seal."""
    if not is_plain(unsealed):
        return WRONG_KEY
    return otherwise if _is_whole(unsealed) else CUT


def _is_whole(plain: bytes) -> bool:
    """Whether a plain value ends where it says."""
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
    """Where a protobuf envelope ends by its own word: behind its content type, if that is there.

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
