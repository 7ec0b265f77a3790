"""``report``: what it tells of the recorded incident, that it is the same each time, and safe."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from paths import REPOSITORY

from etcdpod.demo import demo_path
from etcdpod.errors import SourceError
from etcdpod.forensics.diagnose.model import Evidence, Finding, Reference
from etcdpod.forensics.report.build import build
from etcdpod.forensics.report.html import report_html
from etcdpod.forensics.report.markdown import report_markdown
from etcdpod.forensics.report.model import Moment, Occurrence
from etcdpod.forensics.report.sources import hashed
from etcdpod.session import Session, SourceOptions

if TYPE_CHECKING:
    from collections.abc import Callable

    from etcdpod.forensics.report.model import Report

NOW = "2026-11-22T21:00:00Z"
FORMATS = ("md", "html", "json")


@pytest.fixture(scope="module")
def report() -> Report:
    with Session.open(SourceOptions(targets=("demo",))) as session:
        return build(
            session.registry,
            title="Incident",
            version="1",
            now=datetime.fromisoformat(NOW),
            sources=hashed(("demo",), demo_path),
        )


def as_json(cli: Callable, *words: str) -> dict:
    ran = cli("report", "-o", "json", "--now", NOW, *words)
    assert ran.code == 0, ran.err
    return json.loads(ran.out)


# --- what it tells ----------------------------------------------------------------------------


def test_sources_with_their_hash(cli: Callable) -> None:
    (source,) = as_json(cli, "--from", "demo")["sources"]
    (file,) = source["files"]
    data = Path(demo_path("demo")).read_bytes()
    assert file == {
        "path": "demo",
        "size": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
    }


def test_every_file_of_a_directory_is_hashed(tmp_path: Path) -> None:
    (tmp_path / "member" / "snap").mkdir(parents=True)
    (tmp_path / "member" / "snap" / "db").write_bytes(b"db")
    (tmp_path / "member" / "wal").mkdir()
    (tmp_path / "member" / "wal" / "0.wal").write_bytes(b"wal")
    (source,) = hashed(("case",), lambda _: str(tmp_path))
    assert [(file.path, file.sha256) for file in source.files] == [
        ("case/member/snap/db", hashlib.sha256(b"db").hexdigest()),
        ("case/member/wal/0.wal", hashlib.sha256(b"wal").hexdigest()),
    ]


def test_an_endpoint_has_no_files() -> None:
    (source,) = hashed(("https://127.0.0.1:2379",), demo_path)
    assert source.files == ()


def test_a_file_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "db"
    path.write_bytes(b"x")

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(SourceError, match="Permission denied"):
        hashed((str(path),), demo_path)


def test_span_and_gaps(cli: Callable) -> None:
    whole = as_json(cli, "--from", "demo")["coverage"]
    assert (whole["firstRevision"], whole["lastRevision"], whole["compactRevision"]) == (2, 1050, 0)
    assert whole["gaps"] == ["every revision from 2 to 1050 is kept"]
    compacted = as_json(cli, "--from", "demo-end")["coverage"]
    assert compacted["wholeFrom"] == 908
    assert "compacted at revision 908" in compacted["gaps"][0]
    assert compacted["gaps"][1] == "every revision from 909 to 1471 is kept"


def test_what_is_wrong_and_what_had_passed(report: Report) -> None:
    present = {(str(one.finding.object), one.finding.rule) for one in report.present}
    passed = {(str(one.finding.object), one.finding.rule) for one in report.passed}
    assert ("Pod shop/cart-678b77c888-gczq8", "CrashLoopBackOff") in present
    assert ("Pod shop/web-79f78d44fd-7zlw4", "ErrImagePull") in passed
    assert ("Pod shop/conf", "CreateContainerConfigError") in passed
    assert not present & passed
    assert all(one.finding.evidence for one in report.occurrences)


def test_a_trouble_is_told_once_under_its_remedy(report: Report) -> None:
    told = [(str(one.finding.object), one.finding.solution) for one in report.passed]
    assert len(set(told)) == len(told)


def test_the_chronology_names_the_change_and_who_made_it(report: Report) -> None:
    (change,) = [turn for turn in report.chronology if turn.revision == 612]
    assert str(change.object) == "Deployment shop/web"
    assert "image 2.4.0 → 2.4.1-typo" in change.what
    assert change.who == "kubectl"
    revisions = [turn.revision for turn in report.chronology]
    assert revisions == sorted(revisions)
    times = [turn.time for turn in report.chronology if turn.time is not None]
    assert times == sorted(times)
    broke = next(turn for turn in report.chronology if "ErrImagePull" in turn.what)
    assert broke.revision > 612
    assert broke.sort == "trouble"


def test_histories_of_what_the_findings_speak_of(report: Report) -> None:
    titles = {str(history.object) for history in report.histories}
    for occurrence in report.occurrences:
        assert str(occurrence.finding.object) in titles
    assert not any(title.startswith("Event ") for title in titles)


def test_one_namespace(cli: Callable) -> None:
    told = as_json(cli, "-n", "jobs", "--from", "demo")
    pods = {lane["name"] for lane in told["lanes"] if lane["kind"] == "pods"}
    assert pods == {"migrate-9dfqh", "nightly-98977", "nightly-2sjqq"}
    about = {turn["object"]["namespace"] for turn in told["chronology"]}
    assert about <= {"jobs", ""}


def test_from_a_revision_on(cli: Callable) -> None:
    told = as_json(cli, "--since", "700", "--from", "demo")
    assert told["sinceRevision"] == 700
    assert all(turn["revision"] >= 700 for turn in told["chronology"])
    steps = [step for history in told["histories"] for step in history["steps"]]
    assert steps
    assert all(step["revision"] >= 700 for step in steps)


def test_a_registry_without_pods(cli: Callable) -> None:
    ran = cli("report", "-n", "nowhere", "-o", "md", "--now", NOW, "--from", "demo")
    assert ran.code == 0
    assert "## Lanes" not in ran.out


def test_what_cannot_be_read_is_said(cli: Callable, shared: Callable) -> None:
    source = str(shared("fixtures/encrypted/encrypted.db"))
    ran = cli("report", "--now", NOW, "--from", source)
    assert "2 pods could not be read, and were not judged" in ran.out
    assert "Nothing that could be read was wrong at the end" in ran.out


# --- the same each time -----------------------------------------------------------------------


@pytest.mark.parametrize("form", FORMATS)
def test_the_same_bytes_from_the_same_files(form: str) -> None:
    command = [sys.executable, "-m", "etcdpod", "report", "-o", form, "--now", NOW]
    texts = []
    for seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "TZ": f"UTC{seed}"}
        root = REPOSITORY
        environment["PYTHONPATH"] = str(root)
        ran = subprocess.run(
            [*command, "--from", "demo-end"], capture_output=True, env=environment, check=True
        )
        texts.append(ran.stdout)
    assert texts[0] == texts[1]


# --- safe -------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", FORMATS)
def test_no_secret_is_ever_in_it(form: str, cli: Callable) -> None:
    shown = cli(
        *("get", "secret", "db", "-n", "shop", "-o", "json", "--show-secrets"),
        *("--from", "demo-end"),
    )
    encoded = json.loads(shown.out)["data"]["password"]
    clear = base64.b64decode(encoded).decode()
    ran = cli("report", "-o", form, "--now", NOW, "--show-secrets", "--from", "demo-end")
    assert encoded not in ran.out
    assert clear not in ran.out
    assert "Secrets stay masked" in ran.err


HOSTILE = (
    '<script>alert("x")</script><img src=x onerror=y> [a](http://evil.example) ![b](x) '
    "http://evil.example www.evil.example **b** `c` | d\n# e\x1b[31m <!-- &lt;"
)


@pytest.fixture(scope="module")
def hostile(report: Report) -> Report:
    """A report in which everything that could come from a cluster is an attack."""
    about = Reference(HOSTILE, HOSTILE, HOSTILE)
    evidence = Evidence(HOSTILE, HOSTILE, HOSTILE, 5, field=HOSTILE, says=HOSTILE)
    event = Evidence(HOSTILE, HOSTILE, HOSTILE, 5, event=HOSTILE, says=HOSTILE)
    finding = Finding(
        *(HOSTILE, "error", about, HOSTILE, (evidence, event), HOSTILE, HOSTILE),
        datetime(2026, 1, 1, tzinfo=UTC),
    )
    picture = report.picture
    assert picture is not None
    lanes = tuple(
        replace(lane, namespace=HOSTILE, name=HOSTILE, note=HOSTILE) for lane in picture.lanes
    )
    histories = tuple(
        replace(
            history,
            object=about,
            gaps=(HOSTILE,),
            steps=tuple(replace(step, summary=(HOSTILE,)) for step in history.steps),
        )
        for history in report.histories[:2]
    )
    return replace(
        report,
        title=HOSTILE,
        namespace=HOSTILE,
        sources=tuple(
            replace(source, files=tuple(replace(file, path=HOSTILE) for file in source.files))
            for source in report.sources
        ),
        coverage=replace(report.coverage, gaps=(HOSTILE,), damage=(HOSTILE,)),
        occurrences=(
            Occurrence(finding, 5, is_present=True),
            Occurrence(finding, 5, is_present=False),
        ),
        picture=replace(picture, lanes=lanes),
        chronology=(Moment(5, None, about, HOSTILE, "change", HOSTILE),),
        histories=histories,
    )


class Page(HTMLParser):
    """Collects the elements and attributes of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str | None]] = []
        self.open: list[str] = []
        self.unbalanced = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += attrs
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += attrs

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.unbalanced += 1


ELEMENTS = """
html head meta title style body main h1 h2 h3 p dl div dt dd nav a section article span table tr
th td ul li b details summary svg rect text g line circle
"""


def check_page(text: str) -> None:
    page = Page()
    page.feed(text)
    page.close()
    assert page.tags <= set(ELEMENTS.split())
    assert (page.open, page.unbalanced) == ([], 0)
    for name, value in page.attributes:
        assert not name.startswith("on")
        assert name != "src"
        if name == "href":
            assert value is not None
            assert value.startswith("#")
    assert "\x1b" not in text


def test_the_page_is_plain_and_whole(report: Report) -> None:
    text = "".join(report_html(report))
    check_page(text)
    assert "Content-Security-Policy" in text
    assert "<svg" in text


def test_nothing_hostile_acts_in_a_browser(hostile: Report) -> None:
    text = "".join(report_html(hostile))
    check_page(text)
    assert "alert(" in text  # it is all there to be read


def test_nothing_hostile_acts_as_markdown(hostile: Report) -> None:
    markdown = pytest.importorskip("markdown_it").MarkdownIt("commonmark", {"html": True})
    markdown.enable("table")
    text = "".join(report_markdown(hostile))
    assert "\x1b" not in text
    types = set()
    for token in markdown.parse(text):
        types.add(token.type)
        types.update(child.type for child in token.children or ())
    assert types & {"html_inline", "html_block", "link_open", "image", "code_inline"} == set()
    assert "fence" not in types
    # Nor an address that other readers make a link of by themselves.
    prose = [line for line in text.splitlines() if not line.startswith("    ")]
    assert not any("http://" in line or "www." in line for line in prose)


def test_markdown_says_what_json_says(report: Report) -> None:
    markdown = pytest.importorskip("markdown_it").MarkdownIt("commonmark").enable("table")
    text = "".join(report_markdown(report))
    inline = [token.content for token in markdown.parse(text) if token.type == "inline"]
    headings = [line for line in inline if re.match(r"\d+\. [A-Z]{4}", line)]
    assert len(headings) == len(report.occurrences)
    assert text.count("\n### ") == len(report.occurrences) + len(report.histories)
