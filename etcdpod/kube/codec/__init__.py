"""Decodes stored values into the objects that kubectl shows."""

from __future__ import annotations

from etcdpod.kube.codec.decoded import Decoded, Projection, UnknownField
from etcdpod.kube.codec.decoder import Decoder
from etcdpod.kube.encryption.transformers import Keyring

__all__ = ["Decoded", "Decoder", "Keyring", "Projection", "UnknownField"]
