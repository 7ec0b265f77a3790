"""``etcdpod hash``: the hashes that etcd and its tools show, computed from a file."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from etcdpod.cli.options import open_session, outcome, source_options
from etcdpod.cli.serialise import document, output_option
from etcdpod.cli.stdout import write
from etcdpod.cli.verb import verb
from etcdpod.connectors.capabilities import FileBacked, Hashing, Trailed, capable
from etcdpod.errors import CompactedError, ExitCode, FutureRevisionError, UsageError
from etcdpod.kubectl.formats.safe import printable
from etcdpod.kubectl.formats.table import table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from etcdpod.session import Session, SourceOptions

COLUMNS = ["SOURCE", "REVISION", "COMPACTED", "HASHKV", "SNAPSHOT HASH", "SHA-256"]


@verb("hash")
@click.option(
    "--rev", type=click.IntRange(min=0), default=0, help="Compute HashKV at this revision."
)
@output_option()
@source_options
def command(rev: int, output: str | None, options: SourceOptions) -> ExitCode:
    r"""Compute HashKV and the snapshot hash, as etcd does.

    Several sources are compared: members of one cluster have equal HashKV at equal revisions
    and compact revisions. Exits with 1 if they differ.

    At exactly its compact revision, a live etcd 3.6 or newer returns the hash that it stored
    when it compacted; that hash cannot be computed from a file.

    \b
    etcdpod hash --from demo
    etcdpod hash --from m1.db --from m2.db --from m3.db
    """
    with ExitStack() as stack:
        each = [replace(options, targets=(target,)) for target in options.targets] or [options]
        sessions = [
            stack.enter_context(open_session(replace(alone, only_vouched=True))) for alone in each
        ]
        wanted = rev or _common_revision(sessions)
        rows = [row for session in sessions for row in _rows(session, wanted)]
        worst = max(outcome(session) for session in sessions)
    if output is not None:
        write(document({"hashes": rows, "agree": agree(rows)}, output))
    else:
        write(_text(rows))
    return worst if agree(rows) is not False else ExitCode.NOT_FOUND


def agree(rows: Sequence[dict[str, Any]]) -> bool | None:
    """Whether all HashKV that can be compared are equal; None where none can."""
    scopes: dict[tuple[int, int], list[int]] = {}
    for row in rows:
        if row["hashKV"] is not None:
            scopes.setdefault((row["revision"], row["compactRevision"]), []).append(row["hashKV"])
    comparable = [hashes for hashes in scopes.values() if len(hashes) > 1]
    if not comparable:
        return None
    return all(len(set(hashes)) == 1 for hashes in comparable)


def _common_revision(sessions: Sequence[Session]) -> int:
    """The newest revision that all of several files have; 0 where each is hashed at its own."""
    files = [capable(session.connector, FileBacked) for session in sessions]
    if len(files) < 2 or None in files:
        return 0
    return min(int(file.store.index.current_revision) for file in files if file is not None)


def _rows(session: Session, revision: int) -> Iterator[dict[str, Any]]:
    file = capable(session.connector, FileBacked)
    if file is not None:
        yield _of_file(session, file, revision)
        return
    live = capable(session.connector, Hashing)
    if live is None:
        raise UsageError(f"{session.info.target} is no file and no etcd that could be hashed")
    for member in live.hash_members(revision).hashes:
        yield {
            "source": member.name or member.endpoint,
            "revision": revision if member.problem else member.revision,
            "compactRevision": member.compact_revision,
            "hashKV": None if member.problem else member.hash,
            "snapshotHash": None,
            "sha256": None,
            "problem": member.problem,
        }


def _of_file(session: Session, file: FileBacked, revision: int) -> dict[str, Any]:
    from etcdpod.etcd.mvcc.hashkv import hash_kv, snapshot_hash

    problem = ""
    store, trailed = file.store, capable(session.connector, Trailed)
    row: dict[str, Any] = {
        "source": session.info.target,
        "revision": revision or store.index.current_revision,
        "compactRevision": store.index.compact_revision or -1,
        "hashKV": None,
        "snapshotHash": f"{snapshot_hash(store):x}",
        "sha256": None
        if trailed is None
        else {True: "right", False: "WRONG", None: None}[trailed.check_trailer()],
    }
    try:
        found = hash_kv(store, revision)
        row |= {"hashKV": found.hash, "compactRevision": found.compact_revision}
    except (CompactedError, FutureRevisionError) as error:
        problem = error.what
    return {**row, "problem": problem}


def _text(rows: Sequence[dict[str, Any]]) -> Iterator[str]:
    cells = [
        [
            printable(str(row["source"])),
            str(row["revision"]),
            "never" if row["compactRevision"] < 0 else str(row["compactRevision"]),
            f"({printable(row['problem'])})" if row["hashKV"] is None else str(row["hashKV"]),
            row["snapshotHash"] or "-",
            row["sha256"] or "-",
        ]
        for row in rows
    ]
    yield from table(COLUMNS, cells)
    if len(rows) > 1:
        answer = {
            True: "HashKV is equal wherever it can be compared",
            False: "HashKV DIFFERS: `etcdpod diff --members` with these sources names the keys",
            None: "no two of these can be compared: other revisions, or other compactions",
        }
        yield answer[agree(rows)] + "\n"
