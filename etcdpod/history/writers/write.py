"""One write as the signatures see it, and the answers that they give."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from etcdpod.changes import Writer
from etcdpod.history.writers.components import UNKNOWN
from etcdpod.kube.model.fields import text

if TYPE_CHECKING:
    from etcdpod.changes import EventType
    from etcdpod.history.writers.context import RelatedObjects


@dataclass(frozen=True, slots=True)
class Write:
    """One revision of an object, and what is known around it."""

    event: EventType
    revision: int
    version: int
    """Puts in this life of the key, this one included; 0 for a deletion."""
    before: dict[str, Any]
    """The object before; empty where there was none or it is not known."""
    after: dict[str, Any]
    """The object as written; for a deletion the last there was."""
    lease: int
    """The etcd lease of the put before, 0 for none."""
    previous: Writer | None
    """Who wrote the revision before, where that is kept."""
    around: RelatedObjects | None

    @property
    def kind(self) -> str:
        """The object's kind."""
        return text(self.after, "kind")

    @property
    def namespace(self) -> str:
        """The object's namespace; empty for one of the whole cluster."""
        return text(self.after, "metadata", "namespace")

    @property
    def name(self) -> str:
        """The object's name."""
        return text(self.after, "metadata", "name")


def likely(component: str, evidence: str, controller: str = "", subresource: str = "") -> Writer:
    """An answer with evidence that speaks for it, and does not prove it."""
    return Writer(
        component,
        controller=controller,
        subresource=subresource,
        certainty="likely",
        evidence=evidence,
    )


def unknown(evidence: str) -> Writer:
    """The honest answer, with what is known instead."""
    return Writer(UNKNOWN, evidence=evidence)
