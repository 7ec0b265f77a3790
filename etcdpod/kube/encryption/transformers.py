"""Values encrypted at rest: what their prefix says, and what decrypts them.

Layout: ``k8s:enc:<scheme>:<version>:<name>:``, then bytes; see conventions.md section 8.
"""

from __future__ import annotations

from typing import Protocol

from etcdpod.kube.codec.go_text import go_text
from etcdpod.records import Encrypted, SealCode, SealFault

PREFIX = b"k8s:enc:"
NO_KEYS = SealFault(SealCode.NO_KEYS)
LONGEST_NAME = 1024
"""The number of bytes in which the name of a key or provider is searched."""


class Keyring(Protocol):
    """A holder of the keys of an EncryptionConfiguration."""

    def open(self, key: bytes, value: bytes) -> bytes | Encrypted:
        """The plaintext, or which key the value needs and why it was not decrypted.

        Args:
            key: the complete etcd key, which is authenticated together with the value.
            value: the stored value, from ``k8s:enc:`` on.
        """


def is_encrypted(value: bytes) -> bool:
    """Whether the value has the prefix of an encrypted value."""
    return value.startswith(PREFIX)


def describe(value: bytes, reason: SealFault = NO_KEYS) -> Encrypted:
    """Scheme and key name of an encrypted value.

    A key's name may itself contain colons, and then only the configuration shows where it ends:
    this returns the part before the first one.
    """
    head = value[len(PREFIX) : len(PREFIX) + LONGEST_NAME].split(b":", 3)
    scheme, version, name = (_printable(part) for part in (*head[:3], b"", b"", b"")[:3])
    if len(head) < 4:
        name, reason = "", SealFault(SealCode.HEADER_CUT)
    return Encrypted(scheme=f"{scheme}:{version}", key_name=name, reason=reason)


def _printable(content: bytes) -> str:
    """A name as text that is safe to print on a terminal."""
    text = go_text(content)
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)
