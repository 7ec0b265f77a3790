"""The Python interface: what ``import etcdpod`` offers, over the session of the command line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from etcdpod.errors import DecodeError
from etcdpod.history.named import DEFAULT_NAMESPACE, Target, object_named
from etcdpod.registry.objects import Item
from etcdpod.registry.query import Query, absent, matching, records
from etcdpod.session import Session, SourceOptions

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime
    from os import PathLike

    from etcdpod.changes import Change, Step
    from etcdpod.damage import Damage
    from etcdpod.forensics.diagnose.model import Finding
    from etcdpod.records import SourceInfo
    from etcdpod.registry.query import Selector

    Moment = int | str | datetime
    """A main revision, an RFC 3339 time, ``-10m`` before the source's last moment, or a time."""


def open(
    *sources: str | PathLike[str],
    encryption_config: str | PathLike[str] | None = None,
    show_secrets: bool = False,
    as_served: bool = False,
    recovered: bool = True,
    prefixes: Sequence[str] = (),
    connection: Mapping[str, object] | None = None,
) -> OpenRegistry:
    """Open sources for reading.

    Args:
        sources: snapshot files, data directories, endpoints, ``demo`` or ``demo-end``; several
            are one history. None: the etcd that the environment (``ETCDCTL_*``) names.
        encryption_config: the API server's EncryptionConfiguration.
        show_secrets: do not mask the data of Secrets.
        as_served: apply API-server defaulting and conversion.
        recovered: include revisions that etcd itself no longer serves, from logs and free pages.
        prefixes: registry prefixes without a trailing slash; found from the keys by default.
        connection: etcdctl's flags for a live etcd, by name: ``cacert``, ``cert``, ``key``, …

    Raises:
        SourceError: a source cannot be read.
        UsageError: no source is named, and none is found.
    """
    options = SourceOptions(
        targets=tuple(str(source) for source in sources),
        prefixes=tuple(prefixes),
        as_served=as_served,
        show_secrets=show_secrets,
        connection=dict(connection or {}),
        only_vouched=not recovered,
        encryption_config=None if encryption_config is None else str(encryption_config),
    )
    return OpenRegistry(Session.open(options))


@dataclass(frozen=True, slots=True)
class OpenRegistry:
    """The registry of opened sources; a context manager that closes them.

    Kinds are named as for kubectl: plural, singular, short name, Kind, ``plural.group``. Objects
    are named ``NAME`` or ``NAMESPACE/NAME``; without a namespace it is ``default``.
    """

    session: Session

    @property
    def info(self) -> SourceInfo:
        """What is read, and which revisions it covers."""
        return self.session.info

    @property
    def damage(self) -> Sequence[Damage]:
        """The defects found so far; the list grows while more is read."""
        return self.session.damage

    def list(
        self,
        kind: str,
        namespace: str | None = None,
        *,
        selector: str = "",
        at: Moment | None = None,
    ) -> Iterator[Item]:
        """The objects of a kind, in key order, read as they are iterated over.

        Args:
            kind: such as ``pods`` or ``deployments.apps``.
            namespace: only this namespace; None: all.
            selector: a label selector such as ``app=web,tier!=db``.
            at: as of this moment; None: the newest revision.

        Raises:
            UsageError: the kind, the selector or the moment is not valid.
            CompactedError: the state at that moment is no longer known.
            FutureRevisionError: the source ends before that revision.
        """
        registry = self.session.registry
        resource = registry.resolve(kind)
        selectors: tuple[Selector, ...] = ()
        if selector:
            from etcdpod.kube.model.selectors import parse_label_selector

            selectors = (parse_label_selector(selector),)
        query = Query(resource, namespace, None, self.revision(at), selectors)
        return matching(registry, query, records(registry, query), managed_fields=True)

    def get(self, kind: str, name: str, *, at: Moment | None = None) -> Item:
        """One object.

        Raises:
            UsageError: the kind, the name or the moment is not valid.
            CompactedError: its state at that moment is no longer known.
            NotFoundError: it does not exist then; ``absence`` says whether it was deleted.
        """
        registry, target = self.session.registry, self._target(kind, name)
        query = Query(target.resource, target.namespace, target.name, self.revision(at))
        found = registry.get(target.resource, target.namespace, target.name or "", at=query.at)
        if isinstance(found, Item):
            return found
        raise absent(registry, query, found)

    def history(self, kind: str, name: str) -> Iterator[Step]:
        """Every known revision of one object, the oldest first: what changed, when, by whom.

        Raises:
            UsageError: the kind or the name is not valid.
            NotFoundError: the sources have no revision of it.
        """
        registry, target = self.session.registry, self._target(kind, name)
        found = registry.history(target.resource, target.namespace, target.name or "")
        if found is None:
            raise absent(registry, Query(target.resource, target.namespace, target.name), None)
        return registry.steps(found)

    def diff(
        self, kind: str, name: str, before: Moment, after: Moment | None = None
    ) -> tuple[Change, ...]:
        """What differs between two moments of one object, without heartbeats and the like.

        Raises:
            NotFoundError: the object does not exist at one of them.
            DecodeError: it cannot be read at one of them.
        """
        from etcdpod.history.diff.objects import changes

        old, new = (_object(self.get(kind, name, at=at)) for at in (before, after))
        return changes(old, new)

    def diagnose(
        self, namespace: str | None = None, *, at: Moment | None = None
    ) -> Sequence[Finding]:
        """What is wrong, with cause and evidence, the most severe first.

        Args:
            namespace: only this namespace and the nodes; None: everything.
            at: as of this moment; None: the newest revision.

        Raises:
            CompactedError: the state at that moment is no longer known.
        """
        from etcdpod.forensics.diagnose.diagnose import diagnose

        return diagnose(self.session.registry, namespace, self.revision(at))

    def revision(self, at: Moment | None) -> int | None:
        """The newest revision written by a moment; None for None.

        Raises:
            UsageError: it is neither a revision nor a time.
            NotFoundError: the source has no revision that old.
        """
        if at is None or isinstance(at, int):
            return at
        return self.session.when(at if isinstance(at, str) else at.isoformat()).revision

    def close(self) -> None:
        """Close files and connections; may be called twice."""
        self.session.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<etcdpod registry {self.info.target!r} up to {self.info.current_revision}>"

    def _target(self, kind: str, name: str) -> Target:
        return object_named(self.session.registry.resolve(kind), name, DEFAULT_NAMESPACE)


def _object(item: Item) -> dict[str, Any]:
    if item.object is None:
        raise DecodeError(str(item.outcome), key=item.record.key, revision=item.revision)
    return item.object
