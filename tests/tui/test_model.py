"""Tables, filters, times and texts without a screen, compared with what the source answers."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from paths import REPOSITORY

from etcdpod.errors import UsageError
from etcdpod.forensics.incident.axis import axis_moments
from etcdpod.tui.cells import GridColumn, StyledText, fitted, line, plain_text, squeezed, wrapped
from etcdpod.tui.model.objects.cells import ObjectRows
from etcdpod.tui.model.objects.filters import parse_filter
from etcdpod.tui.model.objects.listing import ObjectListing, View
from etcdpod.tui.model.objects.navigation import find_kind, owner_location
from etcdpod.tui.model.objects.rows import RowReader
from etcdpod.tui.model.objects.side_lists import side_lists
from etcdpod.tui.model.revision_times import RevisionTimes, parse_target
from etcdpod.tui.model.safe_text import LINE_LIMIT, drawn_line, one_line
from etcdpod.tui.model.viewed_object import ViewedObject

if TYPE_CHECKING:
    from etcdpod.tui.model.browser_state import BrowserState

NOW = datetime(2026, 11, 22, 20, 26, tzinfo=UTC)


@pytest.fixture
def listing(demo_state: BrowserState) -> ObjectListing:
    kind = find_kind(demo_state, "po")
    reader = RowReader(demo_state.registry, kind)
    listing = ObjectListing(demo_state.ledger, demo_state.catalog, kind, reader.columns)
    listing.show(View())
    for entry in listing.entries:
        listing.put(entry, reader.read(reader.record(entry.key, None), NOW))
    return listing


def names(listing: ObjectListing) -> list[str]:
    return [entry.name for entry in listing.entries]


def test_no_model_imports_textual() -> None:
    modules = sorted((REPOSITORY / "etcdpod" / "tui" / "model").glob("*.py"))
    imports = "\n".join(f"import etcdpod.tui.model.{path.stem}" for path in modules)
    program = f"import sys\n{imports}\nprint([m for m in sys.modules if m.startswith('textual')])"
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"


# --- the table ---------------------------------------------------------------------------------


def test_the_table_at_any_revision_is_what_the_source_answers(
    demo_state: BrowserState, listing: ObjectListing
) -> None:
    pods = demo_state.registry.resolve("pods")
    for at in (300, 446, 620, 767, 768, 900, 1050):
        listing.show(View(at=at, deleted=False))
        expected = {r.key: r.mod_revision for r in demo_state.registry.select(pods, at=at)}
        assert {entry.key: entry.revision for entry in listing.entries} == expected


def test_deleted_objects_are_there_and_can_be_hidden(listing: ObjectListing) -> None:
    assert (listing.alive, listing.deleted) == (23, 4)
    gone = [entry.name for entry in listing.entries if entry.gone]
    assert gone == ["api-fcfcf9977-frwjl", "conf", "filler", "web-79f78d44fd-7zlw4"]
    listing.show(View(deleted=False))
    assert len(listing.entries) == 23


def test_rows_have_kubectls_cells_and_what_kubectl_never_shows(
    demo_state: BrowserState, listing: ObjectListing
) -> None:
    rows = ObjectRows(listing, RevisionTimes(), NOW)
    titles = [column.title for column in rows.columns]
    assert titles == [
        *("", "NAMESPACE", "NAME", "READY", "STATUS", "RESTARTS", "AGE"),
        *("REV", "KEPT", "LAST CHANGE"),
    ]
    place = names(listing).index("db-0")
    cells = [cell.text for cell in rows.row(place)]
    assert cells[1:6] == ["shop", "db-0", "2/2", "Running", "0"]
    assert cells[7:9] == ["786", "12"]
    assert cells[9].endswith("kubelet")
    struck = rows.row(names(listing).index("web-79f78d44fd-7zlw4"))
    assert struck[0].text == "✗"
    assert struck[2].style.strike
    assert struck[-1].text.startswith("✗ gone")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("crash", {"cart-678b77c888-gczq8", "report-84bdd9c46d-4f2x9", "thumbs"}),
        ("crash !cart", {"report-84bdd9c46d-4f2x9", "thumbs"}),
        ("status=CrashLoopBackOff restarts>4 !thumbs !cart", {"report-84bdd9c46d-4f2x9"}),
        ("-l app=db", {"db-0", "db-1"}),
        ("-l app!=db status=running -l pod-template-hash", None),
        ("name~db- revision>600", {"db-0"}),
        ('status="Init:0/1"', {"orders"}),
        ('sta"', set()),
    ],
)
def test_filters(listing: ObjectListing, text: str, expected: set[str] | None) -> None:
    listing.show(View(filter=parse_filter(text, listing.headers)))
    if expected is None:
        assert names(listing)
        assert all("db" not in name for name in names(listing))
    else:
        assert set(names(listing)) == expected


def test_a_filter_finds_names_before_anything_was_read(demo_state: BrowserState) -> None:
    kind = find_kind(demo_state, "deploy")
    listing = ObjectListing(demo_state.ledger, demo_state.catalog, kind, ["NAME", "READY"])
    listing.show(View(filter=parse_filter("web", listing.headers)))
    assert names(listing) == ["web"]


def test_orders(listing: ObjectListing) -> None:
    listing.show(View(sort="RESTARTS"))
    assert names(listing)[0] == "orders"
    listing.show(View(sort="REVISION"))
    revisions = [entry.revision for entry in listing.entries]
    assert revisions == sorted(revisions, reverse=True)
    listing.show(View(sort="NAME"))
    assert names(listing) == sorted(names(listing))
    listing.show(View(sort="KEPT", reverse=True))
    kept = [entry.kept for entry in listing.entries]
    assert kept == sorted(kept)


def test_a_place_in_the_table_is_found_again(listing: ObjectListing) -> None:
    listing.show(View(sort="KEPT"))
    place = listing.position(b"/registry/pods/shop/db-0")
    assert place is not None
    assert listing.entries[place].name == "db-0"
    assert listing.position(b"/registry/pods/shop/nobody") is None


def test_kinds_and_namespaces_are_counted_at_a_revision(demo_state: BrowserState) -> None:
    pods = find_kind(demo_state, "pods")
    lists = side_lists(demo_state, 700, pods)
    counted = dict(zip(lists.kind_rows.names, lists.kind_rows.counts, strict=True))
    registry = demo_state.registry
    for name in ("pods", "events", "deployments", "nodes"):
        expected = sum(1 for _ in registry.select(registry.resolve(name), at=700))
        assert counted[name] == expected
    assert lists.namespace_rows.names == ["all", "jobs", "shop"]
    assert sum(lists.namespace_rows.counts[1:]) == lists.namespace_rows.counts[0] == counted["pods"]


@pytest.mark.parametrize(
    ("text", "label"),
    [("po", "pods"), ("deploy", "deployments"), ("ev", "events"), ("Node", "nodes"),
     ("leases.coordination.k8s.io", "leases"), ("masterleases", "masterleases")],
)  # fmt: skip
def test_kinds_go_by_any_of_their_names(demo_state: BrowserState, text: str, label: str) -> None:
    assert find_kind(demo_state, text).label == label


def test_the_owner_of_a_pod_is_found(demo_state: BrowserState) -> None:
    key = b"/registry/pods/shop/web-79f78d44fd-7zlw4"
    pod = ViewedObject(demo_state, key, 700, "shop", "web-79f78d44fd-7zlw4", "Pod")
    first = owner_location(pod)
    assert (first.kind.label, first.name) == ("replicasets", "web-79f78d44fd")
    second = owner_location(first.subject(demo_state, 700))
    assert (second.kind.label, second.name) == ("deployments", "web")
    with pytest.raises(UsageError, match="has no owner"):
        owner_location(second.subject(demo_state, 700))


# --- times -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def times(demo_state: BrowserState) -> RevisionTimes:
    return RevisionTimes(axis_moments(demo_state.registry.clock, 2, 1050))


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [("720", 720, 720), ("+5", 905, 905), ("-5", 895, 895), ("20:25:06", 725, 745),
     ("2026-11-22T20:24:41Z", 605, 630), ("-60s", 440, 560), ("20:24", 695, 715)],
)  # fmt: skip
def test_a_place_in_time_can_be_typed(times: RevisionTimes, text: str, low: int, high: int) -> None:
    assert low <= parse_target(text, times, current=900, newest=1050) <= high


@pytest.mark.parametrize("text", ["yesterday", "25:99:99", ""])
def test_what_is_no_place_in_time_is_said(times: RevisionTimes, text: str) -> None:
    with pytest.raises((UsageError, ValueError)):
        parse_target(text, times, current=900, newest=1050)


def test_without_any_time_only_revisions_can_be_gone_to() -> None:
    assert parse_target("7", RevisionTimes(), 10, 20) == 7
    with pytest.raises(UsageError, match="no object carries a time"):
        parse_target("20:25:00", RevisionTimes(), 10, 20)


# --- text --------------------------------------------------------------------------------------

HOSTILE = "a\x1b[2Jb\r\nc\t\u202ed\u0007[bold]e[/]"


def test_hostile_text_is_spelled_out_on_one_line() -> None:
    safe = one_line(HOSTILE)
    assert safe.isprintable()
    assert "^[[2J" in safe
    assert "[bold]e[/]" in safe
    assert drawn_line("x" * (LINE_LIMIT + 7)).endswith("(7 characters more: export to see)")


@pytest.mark.parametrize(
    "text", ["short", "a name that is much too long", "日本語の名前", "🙂" * 9]
)
def test_a_cell_takes_exactly_its_width(text: str) -> None:
    for width in (1, 2, 5, 10, 40):
        assert StyledText(fitted(text, width)).width == width
        assert StyledText(fitted(text, width, right=True, middle=True)).width == width


def test_a_long_name_loses_its_middle() -> None:
    assert fitted("web-79f78d44fd-7zlw4", 12, middle=True) == "web-79…7zlw4"


def test_only_columns_that_may_give_are_squeezed() -> None:
    columns = [GridColumn("a"), GridColumn("b", least=5), GridColumn("c", least=8)]
    assert squeezed([10, 10, 20], columns, 8) == [10, 9, 13]
    assert squeezed([10, 10, 20], columns, 100) == [10, 5, 8]


def test_long_lines_go_on_below_their_text() -> None:
    text = "Cause     " + "word " * 20
    lines = wrapped(line(text), 40)
    assert len(lines) > 2
    assert all(sum(piece.width for piece in one) <= 40 for one in lines)
    assert plain_text(lines[1:2]).startswith(" " * 10 + "word")
    glued = wrapped(line("x" * 100), 30)
    assert "".join(plain_text([one]).strip() for one in glued) == "x" * 100
