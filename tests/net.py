"""Record what every verb prints, to see what a change of the code changes for a user.

    python tests/net.py BEFORE          # writes a text file a command below the folder BEFORE
    (change the code)
    python tests/net.py AFTER && diff -r BEFORE AFTER

Each file holds the command, its exit code, stdout, stderr and what it wrote to files. The sources
are the bundled incident, a data directory with a log, an encrypted, a damaged and a merged one.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tarfile
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
FIXTURES = REPOSITORY.parent / "shared" / "fixtures"
WORKERS = 2

EVERYWHERE = (
    *("get pods -A", "get pods -A -o wide", "get pods -n shop -o yaml", "get all -A"),
    *("get pods -A -o json", "get pods -A -o jsonl", "get pods -A -o name", "get nodes,deploy -A"),
    *("get events -A", "get secrets -A -o yaml", "get secrets -A -o raw", "get pods -A --deleted"),
    *("get pods -n shop -l app=web --show-labels", "get pods -A --sort-by .metadata.name"),
    *("get pods -A -o jsonpath={.items[*].metadata.name}", "get configmaps -A --as-served -o yaml"),
    *("get pod shop/db-0 -o hex", "get nodes --at 300", "get pods -n default --at 5"),
    *("describe pods -n shop", "describe nodes", "describe deploy -n shop", "events -A"),
    *("events -n shop --types Warning", "history shop/db-0", "history shop/db-0 --diff"),
    *("history shop/db-0 -o json", "history shop/db-0 -o jsonl --objects", "history node sim-0"),
    *("history deployment shop/web", "history deployment shop/web --noise --diff"),
    *("history shop/db-0 --since 500 -o yaml", "history shop/db-0 --field status.phase"),
    *("history shop/db-0 --attempts", "history node sim-0 --attempts"),
    *("diff shop/db-0 514 745", "diff shop/db-0 514 745 -o jsonl", "diff deployment shop/web 1 9"),
    *("explain shop/db-0", "explain shop/orders", "explain shop/orders -o json"),
    *("explain shop/db-0 --all", "diagnose", "diagnose -n shop -o json", "diagnose --evidence 0"),
    *("logs shop/db-0", "logs shop/db-0 -o json", "lint", "lint -o json", "blame shop/db-0"),
    *("blame shop/db-0 -o json", "recover", "recover -o json", "recover --out OUT"),
    *("keys", "keys --all-revisions -o wide", "keys /registry/pods -o jsonl", "info"),
    *("info -o json", "info -o yaml", "info --encryption", "top", "top --by writer --limit 9"),
    *("top --by key -o json", "top --by namespace --rate", "timeline -n shop", "timeline"),
    *("timeline -o svg --width 600", "verify", "verify -o jsonl", "verify --notes", "hash"),
    *("hash -o json", "hash --rev 900", "report -n shop", "report -o html", "report -o json"),
    *("get pods -A --only-vouched", "get nosuchkind", "get pod shop/none", "history shop/none"),
    *("get pods --at 99999", "diff shop/none 1 2", "get pods -o nonsense", "explain shop/none"),
)
"""The commands that are run over every source."""

ELSEWHERE = (
    *("--help", "--version", "", "decode --help", "snapshot save --help", "completion bash"),
    *("diff --from demo --from demo-end", "diff --from demo --from demo-end -o jsonl"),
    *("diff --members demo demo-end", "diff deployment shop/web --from demo --from demo-end"),
    *("get pods --from /nonexistent", "get pods --from README.md", "info --from etcdpod"),
    *("decode testdata/golden/core.v1.Pod.pb", "decode -o json testdata/golden/core.v1.Secret.pb"),
    *("get pods --endpoints 127.0.0.1:1 --dial-timeout 1s", "hash --from demo --from demo-end"),
)
"""Commands that name their own sources."""

VERBS = (
    *("get", "describe", "events", "history", "diff", "explain", "diagnose", "logs", "report"),
    *("lint", "blame", "recover", "keys", "decode", "info", "top", "timeline", "tui", "verify"),
    *("hash", "export", "snapshot", "completion"),
)


def main(target: Path) -> None:
    """Run every command and write down what it did."""
    target.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as folder:
        sources = prepare(Path(folder))
        work = [
            (f"{name}/{slug(words)}", f"{words} {options}", sources)
            for name, options in sources.items()
            for words in EVERYWHERE
        ]
        work += [(f"elsewhere/{slug(words) or 'bare'}", words, sources) for words in ELSEWHERE]
        work += [(f"help/{verb}", f"{verb} --help", sources) for verb in VERBS]
        with ThreadPoolExecutor(WORKERS) as pool:
            texts = pool.map(lambda item: run(item[1], Path(folder)), work)
            for (name, _, _), text in zip(work, texts, strict=True):
                file = target / f"{name}.txt"
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text)


def prepare(folder: Path) -> dict[str, str]:
    """The sources, as the options that open them."""
    sources = {"demo": "--from demo", "demo-end": "--from demo-end"}
    sources["merged"] = "--from demo --from demo-end"
    damaged = folder / "damaged.db"
    content = bytearray((REPOSITORY / "etcdpod" / "demo" / "end.db").read_bytes())
    for page, byte in ((40, 3), (77, 12), (120, 900), (200, 2000)):
        content[page * 4096 + byte] ^= 0x55
    damaged.write_bytes(content)
    sources["damaged"] = f"--from {damaged}"
    sources["small-directory"] = "--from testdata/wal"
    if FIXTURES.exists():
        with tarfile.open(FIXTURES / "shop" / "end-datadir.tar.xz") as archive:
            archive.extractall(folder / "datadir", filter="data")
        sources["datadir"] = f"--from {folder / 'datadir'}"
        encrypted = f"--from {FIXTURES / 'encrypted' / 'encrypted.db'}"
        configuration = FIXTURES / "encrypted" / "encryption-config.yaml"
        sources["encrypted"] = encrypted
        sources["opened"] = f"{encrypted} --encryption-config {configuration}"
    return sources


def run(words: str, folder: Path) -> str:
    """One command's text: code, stdout, stderr, files; without what differs from run to run."""
    with tempfile.TemporaryDirectory(dir=folder) as out:
        command = words.replace("OUT", f"{out}/out").split()
        done = subprocess.run(
            [sys.executable, "-m", "etcdpod", *command],
            cwd=REPOSITORY,
            capture_output=True,
            check=False,
            stdin=subprocess.DEVNULL,
            timeout=600,
        )
        parts = [f"$ etcdpod {words}", f"exit {done.returncode}"]
        parts += ["--- stdout", done.stdout.decode(errors="backslashreplace")]
        parts += ["--- stderr", done.stderr.decode(errors="backslashreplace")]
        for file in sorted(Path(out).rglob("*")):
            if file.is_file():
                parts += [f"--- {file.relative_to(out)}", file.read_text(errors="backslashreplace")]
    text = "\n".join(parts).replace(out, "TMP").replace(str(folder), "TMP")
    return re.sub(r"tmp[a-z0-9_]{8}", "TMP", text).replace(f"{REPOSITORY.parent}/", "/")


def slug(words: str) -> str:
    """A file name for a command."""
    return re.sub(r"[^A-Za-z0-9.=-]+", "_", words)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
