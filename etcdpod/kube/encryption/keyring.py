"""The keys of an API server's EncryptionConfiguration, and the values that they decrypt.

Keys and plaintext never appear in an error message, a log or a ``repr``.

References:
    https://kubernetes.io/docs/reference/config-api/apiserver-config.v1/
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from etcdpod.errors import SourceError
from etcdpod.kube.encryption.ciphers import CIPHERS, KEY_SIZES, WRONG_KEY, Cipher
from etcdpod.kube.encryption.kms import DEFAULT_TIMEOUT_SECONDS, MAX_TIMEOUT_SECONDS, KmsProvider
from etcdpod.kube.encryption.transformers import PREFIX, describe, is_encrypted
from etcdpod.records import Encrypted, SealCode, SealFault

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from os import PathLike

KIND = "EncryptionConfiguration"
MAX_SIZE = 4 << 20
"""Size limit in bytes of a configuration."""
MISSING_KEY = SealFault(SealCode.MISSING_KEY)
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


@dataclass(frozen=True, slots=True)
class Key:
    """One key that may decrypt a value."""

    scheme: str
    """``aescbc``, ``aesgcm``, ``secretbox`` or ``kms``."""
    version: str
    name: str
    cipher: Cipher | KmsProvider = field(repr=False)

    @property
    def prefix(self) -> bytes:
        """The prefix of values encrypted with this key."""
        return PREFIX + f"{self.scheme}:{self.version}:{self.name}:".encode()


@dataclass(frozen=True, slots=True)
class Rule:
    """How a group of resources is encrypted and decrypted."""

    resources: tuple[str, ...]
    """``secrets``, ``deployments.apps``, ``*.apps``, ``*.`` (the core group) or ``*.*``."""
    keys: tuple[Key | None, ...]
    """In configuration order; None is ``identity``: not encrypted."""

    def covers(self, resource: str, group: str) -> bool:
        """Whether the rule applies to a resource, given its plural name and API group."""
        name = f"{resource}.{group}" if group else resource
        return any(wanted in (name, f"*.{group}", "*.*") for wanted in self.resources)


class ConfiguredKeyring:
    """All keys of one configuration.

    Args:
        rules: in configuration order.
    """

    def __init__(self, rules: tuple[Rule, ...]) -> None:
        self.rules = rules
        keys = {id(key): key for rule in rules for key in rule.keys if key is not None}
        self._keys = sorted(keys.values(), key=lambda key: -len(key.prefix))

    @classmethod
    def load(
        cls, path: str | PathLike[str], *, unwrapped: Mapping[bytes, bytes] | None = None
    ) -> ConfiguredKeyring:
        """Read the file given by the API server's ``--encryption-provider-config``.

        Args:
            path: a YAML or JSON file.
            unwrapped: data keys already decrypted by a KMS, by the SHA-256 of their encrypted form.

        Raises:
            SourceError: it cannot be read, or is not an EncryptionConfiguration.
        """
        name = str(path)
        try:
            with Path(path).open("rb") as stream:
                text = stream.read(MAX_SIZE + 1)
        except OSError as error:
            raise SourceError((error.strerror or "cannot be read").lower(), path=name) from None
        if len(text) > MAX_SIZE:
            raise SourceError("is too large for an encryption configuration", path=name)
        return cls(_Reader(name, unwrapped or {}).rules(_parsed(text, name)))

    def open(self, key: bytes, value: bytes) -> bytes | Encrypted:
        """The plaintext, or which key the value needs and why it was not decrypted.

        Args:
            key: the complete etcd key.
            value: the stored value.
        """
        if not is_encrypted(value):
            return value
        reasons: list[tuple[Key, SealFault]] = []
        for candidate in self._keys:
            if value.startswith(candidate.prefix):
                opened = candidate.cipher.open(key, value[len(candidate.prefix) :])
                if isinstance(opened, bytes):
                    return opened
                reasons.append((candidate, opened))
        if not reasons:
            return describe(value, MISSING_KEY)
        # A reason more specific than "wrong key" comes from the right key.
        tried, reason = next((pair for pair in reasons if pair[1] != WRONG_KEY), reasons[0])
        return Encrypted(f"{tried.scheme}:{tried.version}", tried.name, reason)

    def sealed_by(self, value: bytes) -> Key | None:
        """The key named by a value's prefix; None for an unencrypted value or an unknown key."""
        return next((key for key in self._keys if value.startswith(key.prefix)), None)

    def writes_with(self, resource: str, group: str) -> Key | None:
        """The key with which the API server now encrypts a resource; None if it does not."""
        for rule in self.rules:
            if rule.covers(resource, group):
                return rule.keys[0] if rule.keys else None
        return None

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self._keys)} keys)"


def _parsed(text: bytes, path: str) -> dict[str, Any]:
    """The parsed configuration. A YAML error quotes the text, so only its position is reported."""
    try:
        content = yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        line = f"is no YAML, line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise SourceError(line or "is no YAML", path=path) from None
    except (yaml.YAMLError, ValueError, RecursionError):
        raise SourceError("is no YAML", path=path) from None
    if not isinstance(content, dict) or content.get("kind") != KIND:
        raise SourceError(
            f"is no {KIND}",
            next_step="name the file of kube-apiserver's --encryption-provider-config",
            path=path,
        )
    return content


class _Reader:
    """Interprets a parsed configuration; errors name a position in it, never content."""

    def __init__(self, path: str, unwrapped: Mapping[bytes, bytes]) -> None:
        self._path = path
        self._unwrapped = unwrapped

    def rules(self, content: dict[str, Any]) -> tuple[Rule, ...]:
        rules = []
        for number, entry in enumerate(self._list(content, "resources", "")):
            place = f"resources[{number}]"
            keys: list[Key | None] = []
            for index, provider in enumerate(self._list(entry, "providers", place)):
                keys.extend(self._provider(provider, f"{place}.providers[{index}]"))
            names = self._list(entry, "resources", place)
            rules.append(Rule(tuple(str(name) for name in names), tuple(keys)))
        return tuple(rules)

    def _provider(self, provider: Any, place: str) -> Iterator[Key | None]:
        if not isinstance(provider, dict) or len(provider) != 1:
            raise self._wrong(place, "must name exactly one provider")
        ((scheme, settings),) = provider.items()
        if scheme == "identity":
            yield None
        elif scheme == "kms":
            yield self._kms(settings or {}, f"{place}.kms")
        elif scheme in CIPHERS:
            for number, entry in enumerate(self._list(settings, "keys", f"{place}.{scheme}")):
                yield self._key(scheme, entry, f"{place}.{scheme}.keys[{number}]")
        else:
            raise self._wrong(place, "names an unknown provider")

    def _key(self, scheme: str, entry: Any, place: str) -> Key:
        name, text = self._text(entry, "name", place), self._text(entry, "secret", place)
        try:
            secret = base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            raise self._wrong(f"{place}.secret", "is no base64") from None
        if len(secret) not in KEY_SIZES[scheme]:
            sizes = " or ".join(map(str, KEY_SIZES[scheme]))
            raise self._wrong(f"{place}.secret", f"must have {sizes} bytes")
        return Key(scheme, "v1", name, CIPHERS[scheme](secret))

    def _kms(self, settings: Any, place: str) -> Key:
        name, endpoint = (
            self._text(settings, "name", place),
            self._text(settings, "endpoint", place),
        )
        version = settings.get("apiVersion", "v1")
        if version not in ("v1", "v2"):
            raise self._wrong(f"{place}.apiVersion", "must be v1 or v2")
        timeout = _seconds(settings.get("timeout"))
        provider = KmsProvider(name, version, endpoint, timeout, self._unwrapped)
        return Key("kms", version, name, provider)

    def _list(self, holder: Any, name: str, place: str) -> list[Any]:
        found = holder.get(name) if isinstance(holder, dict) else None
        if not isinstance(found, list):
            raise self._wrong(f"{place}.{name}".lstrip("."), "must be a list")
        return found

    def _text(self, holder: Any, name: str, place: str) -> str:
        found = holder.get(name) if isinstance(holder, dict) else None
        if not isinstance(found, str) or not found:
            raise self._wrong(f"{place}.{name}", "must be a text")
        return found

    def _wrong(self, place: str, what: str) -> SourceError:
        return SourceError(f"{place} {what}", path=self._path)


def _seconds(duration: Any) -> float:
    """A Go duration in seconds, within limits; the default for anything else."""
    parts = re.findall(r"([0-9.]+)(ms|s|m|h)", duration) if isinstance(duration, str) else []
    try:
        total = sum(float(number) * _UNITS[unit] for number, unit in parts)
    except ValueError:
        total = 0.0
    return min(total, MAX_TIMEOUT_SECONDS) if total > 0 else DEFAULT_TIMEOUT_SECONDS
