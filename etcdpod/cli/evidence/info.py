"""``etcdpod info``: what a source is, and how far it can be trusted."""

from __future__ import annotations

from dataclasses import asdict, is_dataclass
from typing import TYPE_CHECKING, Any

import click

from etcdpod.cli.options import open_session, outcome, source_options
from etcdpod.cli.stdout import write, write_lines
from etcdpod.connectors.base import DATABASE_COMPACTED
from etcdpod.damage_text import damage_place, damage_sentence
from etcdpod.kubectl.formats.safe import printable
from etcdpod.registry.source_time import last_moment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from etcdpod.errors import ExitCode
    from etcdpod.session import Session, SourceOptions

ACRONYMS = {"sha256": "SHA-256", "wal": "WAL", "hashkv": "HashKV"}


@click.command("info")
@click.option("-o", "--output", type=click.Choice(["json", "yaml"]), help="For programs.")
@click.option("--encryption", is_flag=True, help="What is stored under which key, or plain.")
@source_options
def command(output: str | None, encryption: bool, options: SourceOptions) -> ExitCode:
    r"""What this source is: versions, sizes, revisions, buckets, counts, checks, damage.

    \b
    etcdpod info --from demo
    etcdpod info --encryption --encryption-config enc.yaml --from db
    """
    with open_session(options) as session:
        if encryption:
            from etcdpod.cli.encryption_status import print_encryption

            return outcome(session, print_encryption(session, output))
        facts = session_facts(session)
        if output == "json":
            from etcdpod.kubectl.formats import json as json_text

            write([json_text.pretty(facts) + "\n"])
        elif output == "yaml":
            from etcdpod.kubectl.formats.yaml import dumps as yaml_text

            write([yaml_text(facts)])
        else:
            write_lines(_lines(facts))
        return outcome(session)


def session_facts(session: Session) -> dict[str, Any]:
    """Everything that is known of the source, in the order in which it is shown."""
    info = session.info
    registry = session.registry
    check = getattr(session.connector, "check_trailer", None)
    moment = last_moment(registry)
    return {
        "source": info.target,
        "kind": info.kind,
        "etcdVersion": info.etcd_version,
        "size": info.size,
        "currentRevision": info.current_revision,
        "compactRevision": info.compact_revision,
        "lastMoment": "" if moment is None else moment.isoformat().replace("+00:00", "Z"),
        "sha256Trailer": _trailer(check),
        **{name: _plain(value) for name, value in info.details.items()},
        **_hashes(session.connector),
        **_beside_the_tree(session.connector),
        "registryPrefixes": list(registry.prefixes),
        "objects": dict(registry.count_by_resource()),
        "damage": [
            {
                "where": damage_place(damage),
                "what": damage_sentence(damage),
                "severity": damage.severity.value,
            }
            for damage in session.damage
        ],
    }


def _beside_the_tree(connector: object) -> dict[str, Any]:
    """Of files: what was found in the log and in free pages, and how far it is believed."""
    if not hasattr(connector, "beside_the_tree"):
        return {}
    return {"revisionsBesideTheTree": connector.beside_the_tree()}


def _hashes(connector: object) -> dict[str, Any]:
    """Of a live etcd: whether the members hold the same keys, by HashKV at one revision."""
    if not hasattr(connector, "hash_members"):
        return {}
    compared = connector.hash_members()
    verdict = {True: "yes", False: f"NO: {', '.join(compared.odd)}", None: "nothing to compare"}
    return {
        "membersAgree": verdict[compared.agree],
        "hashes": [_plain(member) for member in compared.hashes],
    }


def _trailer(check: Callable[[], bool | None] | None) -> str | None:
    """What the SHA-256 at the end of a snapshot says; None where there can be none."""
    if check is None:
        return None
    return {True: "correct", False: "WRONG", None: "absent"}[check()]


def _plain(value: object) -> Any:
    """A detail as JSON: dataclasses as objects, tuples as lists."""
    if is_dataclass(value) and not isinstance(value, type):
        return {name: _plain(part) for name, part in asdict(value).items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    return value


def _lines(facts: Mapping[str, Any]) -> Iterator[str]:
    width = max(len(_label(name)) for name in facts) + 2
    for name, value in facts.items():
        if name == "trailer":
            continue  # told already
        label = f"{_label(name)}:".ljust(width)
        if isinstance(value, dict):
            yield label.rstrip()
            yield from _table(value)
        elif name == "damage":
            yield label + (f"{len(value)} defects" if value else "none found")
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            yield label.rstrip()
            for part in value:
                yield printable("  " + ", ".join(_parts(part)))
        elif isinstance(value, list):
            yield label + printable(", ".join(str(part) for part in value) or "none")
        else:
            is_compaction = name == "compactRevision"
            yield label + (_compaction(facts) if is_compaction else printable(_value(name, value)))


def _parts(part: Mapping[str, Any]) -> Iterator[str]:
    """The members of one thing among several that say something."""
    for name, value in part.items():
        if isinstance(value, list):
            value = " ".join(str(one) for one in value)
        if value not in ("", None) and value is not False and value != 0:
            yield name if value is True else f"{name} {value}"


def _compaction(facts: Mapping[str, Any]) -> str:
    """From where on nothing is missing, and what the database alone would say."""
    revision = facts["compactRevision"]
    alone = facts.get(DATABASE_COMPACTED, revision)
    whose = "in the database, but the log reaches"
    if sources := facts.get("sources"):
        alone = max(source["from"] for source in sources)
        whose = "in one of them, but together they reach"
    if alone == revision:
        return str(revision) if revision > 0 else "never compacted"
    reach = f"down to revision {revision}" if revision > 0 else "back to the first revision"
    return f"{alone} {whose} {reach}"


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
    """``currentRevision`` as people read it: ``Current revision``."""
    words = "".join(f" {c.lower()}" if c.isupper() else c for c in name).split()
    text = " ".join(ACRONYMS.get(word, word) for word in words)
    return text[:1].upper() + text[1:]
