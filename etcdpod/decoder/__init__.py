"""From a stored value to the object that kubectl would have shown."""

from __future__ import annotations

from etcdpod.decoder.decoded import Decoded, Projection, UnknownField
from etcdpod.decoder.decoder import Decoder
from etcdpod.decoder.encryption import Keyring

__all__ = ["Decoded", "Decoder", "Keyring", "Projection", "UnknownField"]
