"""The type of a describer, and the lines with which every kind's description starts.

A description is a sequence of lines whose cells are separated by tabs; ``alignment`` aligns them in
columns. Titles and phrases are kubectl's: they are part of the format.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol

from etcdpod.kube.model.age import age
from etcdpod.kube.model.selectors import parse_label_selector
from etcdpod.kubectl.describe.fields import dig, text_at
from etcdpod.kubectl.tables.printer import NONE, format_labels, selector_text
from etcdpod.times import parse_time

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

LAST_APPLIED: Final = "kubectl.kubernetes.io/last-applied-configuration"
"""The only annotation that is never described."""

LONGEST_ANNOTATION: Final = 140
"""Maximum size in bytes of ``name: value`` on one line."""

INDENT: Final = "  "

ZERO_TIME: Final = "Mon, 01 Jan 0001 00:00:00 +0000"
"""kubectl's text for an unset time, unless it omits the line."""


class Around(Protocol):
    """The other objects of the registry at the same revision."""

    @property
    def now(self) -> datetime:
        """The time that ages are relative to."""

    @property
    def show_secrets(self) -> bool:
        """Whether the token of a service account may be shown, as kubectl does."""

    def objects(self, kind: str, namespace: str | None) -> Iterable[dict[str, Any]]:
        """Every object of a kind (``pods``, ``replicasets.apps``), in key order."""

    def get(self, kind: str, namespace: str | None, name: str) -> dict[str, Any] | None:
        """A single object; None if it does not exist."""

    def events(self, namespace: str, name: str) -> Iterable[dict[str, Any]]:
        """The events about objects with that name and namespace (empty: none), in key order."""


@dataclass(frozen=True, slots=True)
class Describer:
    """How a kind is described."""

    kind: str
    lines: Callable[[dict[str, Any], Around], Iterator[str]]
    """All lines except those of the events."""
    groups: tuple[str, ...] = ("",)
    events: Literal["", "kind", "any kind", "node"] = "kind"
    """Which events belong to it: none; those with its kind, uid and name; with its uid and name,
    of any kind; or a node's, for which some writers use the node's name as the uid."""


def indented(lines: Iterable[str], levels: int = 1) -> Iterator[str]:
    """The lines, indented further."""
    return (INDENT * levels + line for line in lines)


def heading(thing: dict[str, Any], *, namespace: bool = True) -> Iterator[str]:
    """``Name`` and ``Namespace``."""
    yield f"Name:\t{text_at(thing, 'metadata', 'name')}"
    if namespace:
        yield f"Namespace:\t{text_at(thing, 'metadata', 'namespace')}"


def labels_and_annotations(thing: dict[str, Any]) -> Iterator[str]:
    """Labels and annotations, with their titles."""
    yield from label_lines("Labels", dig(thing, "metadata", "labels"))
    yield from annotation_lines("Annotations", dig(thing, "metadata", "annotations"))


def listed(title: str, values: Iterable[str], indent: str = "") -> Iterator[str]:
    """A title with values, one per line; ``<none>`` if there are none."""
    first, *rest = list(values) or [NONE]
    yield f"{indent}{title}:\t{first}"
    for value in rest:
        yield f"{indent}\t{value}"


def label_lines(title: str, labels: Mapping[str, str] | None, indent: str = "") -> Iterator[str]:
    """``key=value`` lines in key order."""
    found = labels if isinstance(labels, dict) else {}
    yield from listed(title, (f"{key}={found[key]}" for key in by_bytes(found)), indent)


def annotation_lines(title: str, annotations: Mapping[str, str] | None) -> Iterator[str]:
    """``key: value`` lines in key order; a long or multi-line value goes below its key."""
    found = annotations if isinstance(annotations, dict) else {}
    shown = [key for key in by_bytes(found) if key != LAST_APPLIED]
    yield from listed(title, chain.from_iterable(_annotation(key, go(found[key])) for key in shown))


def _annotation(key: str, value: str) -> Iterator[str]:
    text = value.removesuffix("\n")
    if len(key.encode()) + len(text.encode()) + 2 <= LONGEST_ANNOTATION and "\n" not in text:
        yield f"{key}: {text}"
        return
    yield f"{key}:"
    for line in text.split("\n"):
        yield f"  {shortened(line, LONGEST_ANNOTATION - 2)}"


def shortened(text: str, longest: int) -> str:
    """The first bytes of the text, followed by ``...`` if there are more."""
    data = text.encode("utf-8", "surrogateescape")
    if len(data) <= longest:
        return text
    return data[:longest].decode("utf-8", "replace") + "..."


def by_bytes(names: Iterable[str]) -> list[str]:
    """Names in byte order, as Go sorts them."""
    return sorted(names, key=lambda name: name.encode("utf-8", "surrogateescape"))


def moment(value: object) -> str:
    """A timestamp in the format of descriptions (RFC 1123 with a numeric zone), in UTC."""
    if not value:
        return ZERO_TIME
    try:
        when = parse_time(str(value)).astimezone(UTC)
    except (ValueError, OverflowError):
        return str(value)
    month = MONTHS.split()[when.month - 1]
    clock = f"{when.year:04} {when:%H:%M:%S}"
    return f"{DAYS[when.weekday()]}, {when.day:02} {month} {clock} +0000"


DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS: Final = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec"
"""English regardless of the locale."""


def boolean(value: object) -> str:
    """``true`` or ``false``; false if absent."""
    return "true" if value else "false"


def capital_boolean(value: object) -> str:
    """``True`` or ``False``; false if absent."""
    return "True" if value else "False"


def go(value: Any) -> str:
    """A JSON value as printed by Go's ``%v``; the size of lists and maps is limited."""
    return _go(value, 16)


def _go(value: Any, deeper: int) -> str:
    if value is None:
        return "<nil>"
    if isinstance(value, bool):
        return boolean(value)
    if isinstance(value, list):
        return "[" + " ".join(_go(member, deeper - 1) for member in value) + "]" if deeper else "…"
    if isinstance(value, dict):
        members = (f"{key}:{_go(value[key], deeper - 1)}" for key in by_bytes(value))
        return f"map[{' '.join(members)}]" if deeper else "…"
    return str(value)


def since(timestamp: object, around: Around) -> str:
    """The elapsed time in kubectl's short form."""
    return age(timestamp, around.now)


def status_or_leaving(thing: dict[str, Any], around: Around) -> str:
    """The phase, or for how long the object has been terminating."""
    leaving = dig(thing, "metadata", "deletionTimestamp")
    if leaving:
        return f"Terminating (lasts {since(leaving, around)})"
    return text_at(thing, "status", "phase")


def controller_of(thing: dict[str, Any]) -> dict[str, Any] | None:
    """The owner reference of the controller; None if there is none."""
    owners = dig(thing, "metadata", "ownerReferences") or ()
    return next((owner for owner in owners if dig(owner, "controller")), None)


def controlled_by(thing: dict[str, Any]) -> Iterator[str]:
    """The line that names the controller, if there is one."""
    owner = controller_of(thing)
    if owner is not None:
        yield f"Controlled By:\t{owner.get('kind', '')}/{owner.get('name', '')}"


def controlled(
    thing: dict[str, Any], candidates: Iterable[dict[str, Any]]
) -> Iterator[dict[str, Any]]:
    """The objects that a controller owns and still selects."""
    uid = text_at(thing, "metadata", "uid")
    selects = parse_label_selector(_selector(thing)).matches
    for candidate in candidates:
        owner = controller_of(candidate)
        if owner is not None and owner.get("uid", "") == uid and selects(candidate):
            yield candidate


def _selector(thing: dict[str, Any]) -> str:
    """A workload's selector; that of a ReplicationController has no operators."""
    selector = dig(thing, "spec", "selector") or {}
    if "matchLabels" in selector or "matchExpressions" in selector:
        return selector_text(selector)
    return format_labels(selector) if selector else ""


def or_none(text: str) -> str:
    """The text, or ``<none>``."""
    return text or NONE
