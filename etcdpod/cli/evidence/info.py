"""``etcdpod info``: what a source is, and how far it can be trusted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

import click

from etcdpod.cli.options import open_session, outcome, source_options
from etcdpod.cli.serialise import document, output_option
from etcdpod.cli.stdout import write, write_lines
from etcdpod.cli.verb import verb
from etcdpod.connectors.capabilities import Hashing, Recovering, Trailed, capable
from etcdpod.damage import Damage
from etcdpod.damage_text import damage_place, damage_sentence
from etcdpod.kubectl.formats.safe import printable
from etcdpod.records import BesideTheTree
from etcdpod.registry.source_time import last_moment
from etcdpod.source_details import detail_fields, detail_label
from etcdpod.times import rfc3339

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from _typeshed import DataclassInstance

    from etcdpod.errors import ExitCode
    from etcdpod.session import Session, SourceOptions

ACRONYMS = {"sha256": "SHA-256", "wal": "WAL", "hashkv": "HashKV"}
CAPITALS = {"id": "ID", "urls": "URLs"}
"""Words that are written so inside a camelCase name."""
UNSHOWN = frozenset({"trailer", "disagreeing_members", "is_behind"})
"""Fields that people read as part of another one."""
PART_LABELS = {"peer_urls": "peer URLs", "client_urls": "client URLs", "from_": "from"}


@verb("info")
@output_option()
@click.option("--encryption", is_flag=True, help="Count values by encryption key.")
@source_options
def command(output: str | None, encryption: bool, options: SourceOptions) -> ExitCode:
    r"""Show what a source is: versions, sizes, revisions, buckets, counts, damage.

    \b
    etcdpod info --from demo
    etcdpod info --encryption --encryption-config enc.yaml --from db
    """
    with open_session(options) as session:
        if encryption:
            from etcdpod.cli.encryption_status import print_encryption

            return outcome(session, print_encryption(session, output))
        facts = session_facts(session)
        if output is not None:
            write(document(_plain(facts), output))
        else:
            write_lines(_lines(facts))
        return outcome(session)


class Facts(dict[str, Any]):
    """What is known of a source by field name, in the order in which it is shown."""


def session_facts(session: Session) -> Facts:
    """Everything that is known of the source."""
    info = session.info
    registry = session.registry
    moment = last_moment(registry)
    return Facts(
        source=info.target,
        kind=info.kind,
        etcd_version=info.etcd_version,
        size=info.size,
        current_revision=info.current_revision,
        compact_revision=info.compact_revision,
        last_moment="" if moment is None else rfc3339(moment),
        sha256_trailer=_trailer(session.connector),
        **dict(detail_fields(session.details())),
        **_hashes(session.connector),
        **_beside_the_tree(session.connector),
        registry_prefixes=registry.prefixes,
        objects=dict(registry.count_by_resource()),
        damage=session.damage,
    )


def _beside_the_tree(connector: object) -> dict[str, BesideTheTree]:
    """Of files: what was found in the log and in free pages, and how far it is believed."""
    file = capable(connector, Recovering)
    return {} if file is None else {"revisions_beside_the_tree": file.beside_the_tree()}


def _hashes(connector: object) -> dict[str, Any]:
    """Of a live etcd: whether the members hold the same keys, by HashKV at one revision."""
    live = capable(connector, Hashing)
    if live is None:
        return {}
    compared = live.hash_members()
    return {
        "members_agree": compared.agree,
        "disagreeing_members": compared.odd,
        "hashes": compared.hashes,
    }


def _trailer(connector: object) -> str | None:
    """What the SHA-256 at the end of a snapshot says; None where there can be none."""
    file = capable(connector, Trailed)
    if file is None:
        return None
    return {True: "correct", False: "WRONG", None: "absent"}[file.check_trailer()]


def _plain(value: object) -> Any:
    """A fact as JSON has it: field names in camelCase, enums by their values."""
    if isinstance(value, Facts):
        return {_camel(name): _plain(part) for name, part in value.items()}
    if isinstance(value, Damage):
        return {
            "code": value.code.value,
            "where": damage_place(value),
            "what": damage_sentence(value),
            "severity": value.severity.value,
        }
    if is_dataclass(value):
        return {_camel(one.name): _plain(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, Mapping):
        return {_plain(name): _plain(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    return value.value if isinstance(value, Enum) else value


def _camel(name: str) -> str:
    first, *words = name.rstrip("_").split("_")
    return first + "".join(CAPITALS.get(word, word.capitalize()) for word in words)


def _lines(facts: Facts) -> Iterator[str]:
    shown = {name: value for name, value in facts.items() if name not in UNSHOWN}
    width = max(len(_label(name)) for name in shown) + 2
    for name, value in shown.items():
        label = f"{_label(name)}:".ljust(width)
        if isinstance(value, BesideTheTree):
            yield label.rstrip()
            yield from _table(_beside_lines(value))
        elif isinstance(value, Mapping):
            yield label.rstrip()
            yield from _table(value)
        elif name == "damage":
            yield label + (f"{len(value)} defects" if value else "none found")
        elif isinstance(value, list | tuple) and value and is_dataclass(value[0]):
            yield label.rstrip()
            for part in value:
                yield printable("  " + ", ".join(_parts(part)))
        elif isinstance(value, list | tuple):
            yield label + printable(", ".join(str(part) for part in value) or "none")
        elif name in VERDICTS:
            yield label + printable(VERDICTS[name](facts))
        else:
            yield label + printable(_value(name, value))


def _beside_lines(found: BesideTheTree) -> dict[str, int]:
    lines = {f"trust {trust.value}: {trust.meaning}": n for trust, n in found.by_trust.items()}
    newer = found.newer_than_source
    return lines | ({"left out: newer than this source itself": newer} if newer else {})


def _parts(part: DataclassInstance) -> Iterator[str]:
    """The fields of one thing among several that say something."""
    for one in fields(part):
        if one.name in UNSHOWN:
            continue
        name, value = PART_LABELS.get(one.name, one.name), getattr(part, one.name)
        if isinstance(value, list | tuple):
            value = " ".join(str(each) for each in value)
        if value not in ("", None) and value is not False and value != 0:
            yield name if value is True else f"{name} {value}"


def _compaction(facts: Facts) -> str:
    """From where on nothing is missing, and what the database alone would say."""
    revision = facts["compact_revision"]
    alone = facts.get("database_compact_revision", revision)
    whose = "in the database, but the log reaches"
    if sources := facts.get("sources"):
        alone = max(source.from_ for source in sources)
        whose = "in one of them, but together they reach"
    if alone == revision:
        return str(revision) if revision > 0 else "never compacted"
    reach = f"down to revision {revision}" if revision > 0 else "back to the first revision"
    return f"{alone} {whose} {reach}"


def _agreement(facts: Facts) -> str:
    """Whether the members hold the same keys."""
    agree, odd = facts["members_agree"], ", ".join(facts["disagreeing_members"])
    return {True: "yes", False: f"NO: {odd}", None: "nothing to compare"}[agree]


VERDICTS: dict[str, Callable[[Facts], str]] = {
    "compact_revision": _compaction,
    "members_agree": _agreement,
    "leader": lambda facts: facts["leader"] or "none seen",
}
"""Lines whose text is more than a value."""


def _table(counts: Mapping[str, Any]) -> Iterator[str]:
    shown = {name: f"{n:,}" if isinstance(n, int) else str(n) for name, n in counts.items()}
    width = max((len(text) for text in shown.values()), default=0)
    for name, text in shown.items():
        yield f"  {text.rjust(width)}  {printable(name)}"


def _value(name: str, value: object) -> str:
    if value is None or value == "":
        return "none" if value is None else "unknown"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,} bytes" if name.lower().endswith(("size", "bytes")) else str(value)
    return str(value)


def _label(name: str) -> str:
    """``current_revision`` as people read it: ``Current revision``."""
    words = detail_label(name).split()
    text = " ".join(ACRONYMS.get(word, word) for word in words)
    return text[:1].upper() + text[1:]
