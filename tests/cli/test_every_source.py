"""Every question of meaning, asked of every kind of source, now and as of the past."""

from __future__ import annotations

import json
import subprocess
import tarfile
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

POD = "shop/cart-678b77c888-gczq8"

QUESTIONS = (
    ("diagnose",), ("diagnose", "-o", "json"), ("explain", POD), ("explain", POD, "-o", "json"),
    ("lint",), ("describe", "pod", POD), ("describe", "nodes"), ("events", "-n", "shop"),
    ("events", "--for", f"pod/{POD}"), ("get", "events", "-n", "shop", "--sort-by=.lastTimestamp"),
    ("blame", POD), ("logs", POD), ("get", "pods", "-A"),
)  # fmt: skip
"""What may be asked as of any revision."""

OF_ALL = (
    ("history", POD), ("history", "deployment", "shop/cart", "--diff"),
    ("timeline", "-n", "shop"), ("timeline", "-o", "svg"), ("top",), ("top", "--by", "writer"),
    ("report", "-o", "json", "--since", "-1m"), ("info",),
)  # fmt: skip

ABSENT = ("explain", "describe", "blame", "logs", "history")
"""Commands that say with an exit code that one object is not there."""


@pytest.fixture(scope="module")
def source(
    tmp_path_factory: pytest.TempPathFactory,
    shared: Callable[[str], Path],
    module_etcd_server: Callable[..., Any],
) -> Callable[[str], list[str]]:
    """The words that open a source, by its name."""
    made: dict[str, list[str]] = {}

    def unpacked(name: str) -> str:
        folder = tmp_path_factory.mktemp(name)
        with tarfile.open(shared(f"fixtures/shop/{name}.tar.xz")) as packed:
            packed.extractall(folder, filter="data")
        return str(folder)

    def restored() -> str:
        server = module_etcd_server(name="empty")
        folder = tmp_path_factory.mktemp("restored") / "data"
        snapshot = str(shared("fixtures/shop/quiet.db"))
        command = [str(server.binaries.etcdutl), "snapshot", "restore", snapshot]
        subprocess.run([*command, "--data-dir", str(folder)], check=True, capture_output=True)
        return str(module_etcd_server(name="restored", data_dir=folder).endpoint)

    def words(name: str) -> list[str]:
        if name == "live":
            return ["--endpoints", restored()]
        if name == "empty live":
            return ["--endpoints", module_etcd_server(name="bare").endpoint]
        if name == "empty":
            path = tmp_path_factory.mktemp("empty") / "empty.db"
            return ["--from", str(module_etcd_server(name="for-empty").snapshot(path))]
        parts = [unpacked(part) if "datadir" in part else part for part in name.split("+")]
        return [word for part in parts for word in ("--from", part)]

    def get(name: str) -> list[str]:
        if name not in made:
            made[name] = words(name)
        return made[name]

    return get


FULL = ("demo+demo-end", "mid-datadir", "end-datadir", "mid-datadir+demo-end", "live")


@pytest.mark.parametrize("name", FULL)
def test_every_question_has_an_answer(name: str, source: Any, cli: Any) -> None:
    for words in (*QUESTIONS, *OF_ALL):
        ran = cli(*words, *source(name))
        assert ran.code == 0, (words, ran.err)
        assert ran.out.strip(), words
        assert "Traceback" not in ran.err


@pytest.mark.parametrize("name", [name for name in FULL if name != "live"])
def test_the_past_is_answered_as_it_was(name: str, source: Any, cli: Any) -> None:
    for words in QUESTIONS:
        ran = cli(*words, "--at", "700", *source(name))
        assert ran.code == 0, (words, ran.err)
        assert ran.out.strip(), words
    causes = {
        (finding["object"]["name"], finding["rule"])
        for finding in json.loads(cli("diagnose", "--at", "700", "-o", "json", *source(name)).out)
    }
    assert {
        ("web-79f78d44fd-7zlw4", "ImagePullBackOff"), ("cache", "Evicted"),
        ("orders", "Init:CrashLoopBackOff"), ("too-big", "FailedScheduling"),
    } <= causes  # fmt: skip


def test_sources_that_hold_the_same_say_the_same(source: Any, cli: Any) -> None:
    def said(name: str) -> list[tuple[str, ...]]:
        ran = cli("diagnose", "--at", "1000", "-o", "json", *source(name))
        return [
            (found["severity"], found["object"]["name"], found["rule"], found["cause"])
            for found in json.loads(ran.out)
        ]

    assert len(said("demo")) > 15
    assert said("demo") == said("mid-datadir") == said("demo+demo-end") == said("end-datadir")


@pytest.mark.parametrize("name", ["demo+demo-end", "end-datadir"])
def test_before_anything_existed_nothing_is_wrong(name: str, source: Any, cli: Any) -> None:
    for words in QUESTIONS:
        ran = cli(*words, "--at", "1", *source(name))
        absent = words[0] in ABSENT and words[-1] != "nodes"
        assert ran.code == (1 if absent else 0), (words, ran.err)
        assert "Traceback" not in ran.err
    assert json.loads(cli("diagnose", "--at", "1", "-o", "json", *source(name)).out) == []
    for command in ("explain", "blame"):
        ran = cli(command, POD, "--at", "1", *source(name))
        assert "is kept: the first is 349" in ran.err


def test_a_live_etcd_says_what_it_has_compacted(source: Any, cli: Any) -> None:
    for words in QUESTIONS:
        ran = cli(*words, "--at", "1", *source("live"))
        assert ran.code == 1, words
        assert "compact" in ran.err or "is kept: the first is" in ran.err, (words, ran.err)


@pytest.mark.parametrize("name", ["empty", "empty live"])
def test_an_empty_etcd_is_no_trouble(name: str, source: Any, cli: Any) -> None:
    for words in (*QUESTIONS, *OF_ALL):
        ran = cli(*words, *source(name))
        absent = words[0] in (*ABSENT, "timeline") and words[-1] != "nodes"
        assert ran.code == (1 if absent else 0), (words, ran.err)
        assert "Traceback" not in ran.err
    assert cli("diagnose", *source(name)).out == (
        "nothing wrong in 0 pods and what stands around them\n"
    )


def test_a_quiet_namespace_has_only_what_concerns_all(source: Any, cli: Any) -> None:
    ran = cli("diagnose", "-n", "kube-public", "--from", "demo-end", "-o", "json")
    assert {found["object"]["kind"] for found in json.loads(ran.out)} == {"Node"}
    assert "No pods found in kube-public namespace." in ran.err
    assert "0 remarks" in cli("lint", "-n", "kube-public", "--from", "demo-end").out
    ran = cli("events", "-n", "kube-public", "--from", "demo-end")
    assert (ran.code, ran.out) == (0, "")
    assert cli("report", "-n", "kube-public", "--from", "demo-end").code == 0


def test_histories_gathered_from_a_live_etcd_are_those_of_one_after_the_other(
    source: Any,
) -> None:
    from etcdpod.forensics.report.gather import Gathered, gather, gathering
    from etcdpod.session import Session, SourceOptions

    endpoint = source("live")[1]
    with Session.open(SourceOptions(targets=(endpoint,))) as session:
        plain = session.registry
        keys = [record.key for record in plain.connector.range(b"/registry/pods/")]
        assert len(keys) > 15
        together = gathering(plain)
        assert isinstance(together.connector, Gathered)
        gather(together, keys)
        for key in keys:
            whole = list(plain.connector.history(key))
            assert together.connector.history(key) == whole
            since = whole[-1].mod_revision
            assert together.connector.history(key, since=since) == whole[-1:]
    with Session.open(SourceOptions(targets=("demo",))) as session:
        assert gathering(session.registry) is session.registry
