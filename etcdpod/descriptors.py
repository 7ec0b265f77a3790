"""Protobuf message classes from descriptors in package data, a proto package at a time.

A reader of pods must not pay for sixty API groups: a package and what it imports are read when one
of their messages is asked for. The messages live in a private pool, so that they never meet those
of another library in the same process (etcd3 brings its own ``etcdserverpb``).
"""

from __future__ import annotations

import json
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from google.protobuf import message as protobuf


class Descriptors:
    """The messages whose descriptors lie in one folder.

    Args:
        folder: holds ``PACKAGE.binpb`` (a FileDescriptorProto) and ``PACKAGE.json`` (its imports
            and facts) for each proto package.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.facts = cache(self._facts)
        self.message_class = cache(self._message_class)
        self._load = cache(self._add_to_pool)

    def _message_class(self, full_name: str) -> type[protobuf.Message]:
        """The message class of that full name.

        Raises:
            KeyError: no schema has such a message.
        """
        from google.protobuf import message_factory

        self._load(full_name.rpartition(".")[0])
        return message_factory.GetMessageClass(self._pool.FindMessageTypeByName(full_name))

    def _facts(self, package: str) -> dict[str, Any]:
        """The content of ``PACKAGE.json``.

        Raises:
            KeyError: there is no such package.
        """
        try:
            content: dict[str, Any] = json.loads((self.folder / f"{package}.json").read_bytes())
        except FileNotFoundError:
            raise KeyError(package) from None
        return content

    @cached_property
    def _pool(self) -> Any:
        from google.protobuf import descriptor_pool

        return descriptor_pool.DescriptorPool()

    def _add_to_pool(self, package: str) -> None:
        for imported in self.facts(package)["imports"]:
            self._load(imported)
        self._pool.AddSerializedFile((self.folder / f"{package}.binpb").read_bytes())
