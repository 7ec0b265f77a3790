"""The composition root: sources, decoder and registry put together for a front end.

Nothing here prints. What the user should hear is collected in ``notices`` and ``damage``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from etcdpod.connectors import open_source
from etcdpod.decoder import Decoder
from etcdpod.demo import demo_path
from etcdpod.history.moment import last_moment
from etcdpod.history.view import Registry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etcdpod.connectors.base import Connector
    from etcdpod.records import Damage, SourceInfo


@dataclass(frozen=True)
class SourceOptions:
    """How to open the sources; the words of the command line, already checked."""

    targets: tuple[str, ...] = ()
    """Files, directories, endpoints, ``demo`` or ``demo-end``; empty: the live etcd that the
    connection settings name."""
    prefixes: tuple[str, ...] = ()
    """Registry prefixes; empty: found from the keys."""
    as_served: bool = False
    """Add what the API server adds while reading."""
    show_secrets: bool = False
    connection: dict[str, Any] = field(default_factory=dict)
    """Keyword arguments for a connector: endpoints, certificates, time limits, …"""


class Session:
    """Opened sources and the registry that they hold. Use as a context manager."""

    def __init__(self, connector: Connector, options: SourceOptions) -> None:
        self.connector = connector
        self.options = options
        decoder = Decoder(as_served=options.as_served, definitions=lambda: self._definitions())
        self.registry = Registry(
            connector, decoder, prefixes=options.prefixes, show_secrets=options.show_secrets
        )

    @classmethod
    def open(cls, options: SourceOptions) -> Session:
        """Open every target.

        Raises:
            SourceError: a target cannot be read, and why.
            UsageError: nothing was named and no live etcd is known.
        """
        targets = [demo_path(target) for target in options.targets]
        return cls(open_source(targets[0], **options.connection), options)

    def _definitions(self) -> Iterator[dict[str, Any]]:
        yield from self.registry.definitions

    @property
    def info(self) -> SourceInfo:
        """What is read, and how far it reaches."""
        return self.connector.info()

    @property
    def damage(self) -> list[Damage]:
        """Defects met so far."""
        return self.connector.damage

    def now(self, at: int | None = None) -> tuple[datetime, str]:
        """The moment that ages count to, in UTC, and a sentence that says which it is.

        Args:
            at: the revision that is looked at; None for the newest.
        """
        if self.info.kind == "live" and at is None:
            return datetime.now(UTC), "ages count to the present"
        moment = last_moment(self.registry, at)
        if moment is None:
            return datetime.now(UTC), "nothing here carries a time: ages count to the present"
        what = "the source's last moment" if at is None else f"the moment of revision {at}"
        text = moment.isoformat(timespec="seconds").replace("+00:00", "Z")
        return moment, f"ages count to {text}, {what} (--now changes it)"

    def close(self) -> None:
        """Give up files and connections."""
        self.connector.close()

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
