"""The composition root: sources, decoder and registry put together for a front end.

Nothing here prints: notices go to ``SourceOptions.notify``, defects to ``Session.damage``.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from etcdpod.connectors import open_source
from etcdpod.connectors.base import Clustered, endless
from etcdpod.connectors.live.connection.endpoints import is_endpoint
from etcdpod.demo import DEMOS, demo_path
from etcdpod.errors import EtcdpodError, UsageError
from etcdpod.history.lives import Registry
from etcdpod.history.when import parse_when
from etcdpod.kube.codec import Decoder
from etcdpod.registry.source_time import last_moment
from etcdpod.times import rfc3339

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import Any

    from etcdpod.connectors.base import Connector, LongWork
    from etcdpod.connectors.live.notices import Notice
    from etcdpod.damage import Damage
    from etcdpod.history.when import When
    from etcdpod.kube.encryption.keyring import ConfiguredKeyring
    from etcdpod.records import SourceInfo
    from etcdpod.source_details import Details


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
    connection: Mapping[str, object] = field(default_factory=dict)
    """etcdctl's flags that were given, by name: endpoints, cacert, cert, key, user, …"""
    notify: Callable[[Notice], None] = field(default=lambda notice: None)
    """Called with what the user should hear while a live source is opened and read."""
    wal_dir: str | None = None
    """Where the write-ahead log of a data directory lies, if not in it."""
    only_vouched: bool = False
    """Leave out what etcd itself no longer vouches for: logged and carved revisions."""
    encryption_config: str | None = None
    """The API server's EncryptionConfiguration, whose keys open values encrypted at rest."""
    progress: Callable[[str], Callable[[int, int], None]] | None = None
    """Makes, for a long work of a name, what is called with the bytes done and their total."""
    long_work: LongWork = endless
    """Makes, for a work of a name that may be ended early, what is asked whether it is."""


class Session:
    """Opened sources and the registry that they hold. Use as a context manager."""

    def __init__(self, connector: Connector, options: SourceOptions) -> None:
        self.connector = connector
        self.options = options
        self.keyring = _keyring(options)
        decoder = Decoder(
            keyring=self.keyring,
            as_served=options.as_served,
            definitions=lambda: self._definitions(),
        )
        self.registry = Registry(
            connector,
            decoder,
            prefixes=options.prefixes,
            show_secrets=options.show_secrets,
            as_served=options.as_served,
        )

    @classmethod
    def open(cls, options: SourceOptions) -> Session:
        """Open every target.

        Raises:
            SourceError: a target cannot be read, and why.
            UsageError: nothing was named and no live etcd is known.
        """
        connector = _open(options)
        try:
            return cls(connector, options)
        except EtcdpodError:
            connector.close()
            raise

    def _definitions(self) -> Iterator[dict[str, Any]]:
        yield from self.registry.definitions

    @property
    def info(self) -> SourceInfo:
        """What is read, and how far it reaches."""
        return self.connector.info()

    def details(self) -> tuple[Details, ...]:
        """Further facts for ``info``; every member of a running etcd is asked."""
        details = self.info.details
        if isinstance(self.connector, Clustered):
            return (*details, self.connector.cluster_details())
        return details

    @property
    def damage(self) -> list[Damage]:
        """Defects met so far."""
        return self.connector.damage

    def now(self, at: int | None = None) -> tuple[datetime, str]:
        """The moment that ages are relative to, in UTC, and a sentence that says which it is.

        Args:
            at: the revision that is looked at; None for the newest.
        """
        if self.info.kind == "live" and at is None:
            return datetime.now(UTC), "ages are relative to the present"
        registry = self.registry
        moment = last_moment(registry) if at is None else registry.clock.span(at).estimate
        if moment is None:
            return datetime.now(UTC), "no object carries a time: ages are relative to the present"
        what = "the source's last moment" if at is None else f"the moment of revision {at}"
        text = rfc3339(moment, "seconds")
        return moment, f"ages are relative to {text}, {what} (--now changes it)"

    def when(self, text: str) -> When:
        """The moment that ``text`` names: a revision, an RFC 3339 time, ``-10m`` or ``now``.

        Raises:
            UsageError: it is neither a revision nor a time.
            NotFoundError: the source has no revision that old.
        """
        return parse_when(self.registry, lambda: self.now()[0], text)

    def close(self) -> None:
        """Give up files and connections."""
        self.connector.close()

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _open(options: SourceOptions) -> Connector:
    if not options.targets:
        return _open_live(None, options)
    opened: list[Connector] = []
    try:
        opened.extend(_open_one(target, options) for target in options.targets)
        if len(opened) == 1:
            return opened[0]
        from etcdpod.connectors.merged import MergedConnector

        return MergedConnector(opened)
    except EtcdpodError:
        for connector in opened:
            connector.close()
        raise


def _open_one(named: str, options: SourceOptions) -> Connector:
    if is_endpoint(named):
        return _open_live(named, options)
    return open_source(
        demo_path(named),
        name=named if named in DEMOS else None,
        wal_dir=options.wal_dir,
        only_vouched=options.only_vouched,
        long_work=options.long_work,
        unpacking=options.progress and options.progress("unpacking"),
    )


def _keyring(options: SourceOptions) -> ConfiguredKeyring | None:
    if options.encryption_config is None:
        return None
    from etcdpod.kube.encryption.keyring import ConfiguredKeyring

    return ConfiguredKeyring.load(options.encryption_config)


def _open_live(target: str | None, options: SourceOptions) -> Connector:
    """The etcd at ``target``; without one what flags, environment or this machine name."""
    from etcdpod.connectors.live import live_options, open_live
    from etcdpod.connectors.live.connection.discovery import find_certificates, refuse_strangers

    settings = live_options(options.connection, os.environ)
    if target is None and not settings.endpoints and find_certificates() is None:
        refuse_strangers()
        raise UsageError(
            "no source", next_step="name one with --from FILE or --endpoints, or try --from demo"
        )
    return open_live(target, settings, notify=options.notify, ask_password=_ask_password)


def _ask_password(user: str) -> str:
    from getpass import getpass

    return getpass(f"etcd password of {user}: ")
