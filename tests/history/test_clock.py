"""The clock over revisions, against the API server's audit log and with clocks that lie."""

from __future__ import annotations

import copy
import json
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import TYPE_CHECKING, Any

import pytest
from paths import SHOP

from etcdpod.connectors.memory import MemoryConnector
from etcdpod.history.clock.bounds import TimeBounds
from etcdpod.history.clock.clock import Clock
from etcdpod.history.lives import Registry
from etcdpod.kube.codec import Decoder
from etcdpod.session import Session, SourceOptions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etcdpod.changes import TimeSpan

AUDIT = SHOP / "audit.jsonl"

Edit = "Callable[[str, int, dict[str, Any]], dict[str, Any] | None]"


def registry_of(shop: dict[str, Any], edit: Any = None) -> Registry:
    """The recorded incident, each object passed through ``edit(key, revision, object)``."""
    from dataclasses import replace

    records = []
    for name, recorded in shop.items():
        for record in recorded.records:
            value = copy.deepcopy(recorded.objects[record.revision])
            if edit is not None:
                value = edit(name, record.mod_revision, value)
            if value is not None:
                data = b"" if record.tombstone else json.dumps(value).encode()
                records.append(replace(record, value=data, value_size=len(data)))
    return Registry(MemoryConnector(sorted(records, key=lambda one: one.revision)), Decoder())


@pytest.fixture(scope="session")
def audit() -> dict[int, tuple[datetime, datetime]]:
    """When the API server received and answered the request behind each pod revision."""
    if not AUDIT.exists():
        pytest.skip("the recorded incident is not in this checkout (../shared is absent)")
    times: dict[int, tuple[datetime, datetime]] = {}
    for line in AUDIT.read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        answer = entry.get("responseObject") or {}
        revision = answer.get("metadata", {}).get("resourceVersion")
        if entry["objectRef"].get("resource") == "pods" and revision:
            received, answered = (
                datetime.fromisoformat(entry[name])
                for name in ("requestReceivedTimestamp", "stageTimestamp")
            )
            times.setdefault(int(revision), (received, answered))
    return times


def spans(registry: Registry) -> Iterator[tuple[str, int, TimeSpan]]:
    """Every kept revision of every pod, with its time."""
    clock, pods = Clock.from_registry(registry), registry.resolve("pods")
    keys = {record.key for record in registry.connector.records(b"/registry/pods/")}
    for key in sorted(keys):
        namespace, name = key.decode().split("/")[-2:]
        history = registry.history(pods, namespace, name)
        assert history is not None
        for step, span in clock.times(registry.steps(history)):
            yield f"{namespace}/{name}", step.record.mod_revision, span


def inside(span: TimeSpan, moment: datetime) -> bool:
    return (span.earliest is None or span.earliest <= moment) and (
        span.latest is None or moment <= span.latest
    )


def seconds(span: TimeSpan) -> float:
    assert span.earliest is not None
    assert span.latest is not None
    return (span.latest - span.earliest).total_seconds()


def assert_holds_truth(
    registry: Registry, audit: dict[int, tuple[datetime, datetime]], at_least: float = 0.99
) -> list[tuple[TimeSpan, datetime]]:
    judged = [
        (span, *audit[revision]) for _, revision, span in spans(registry) if revision in audit
    ]
    assert len(judged) > 100
    right = sum(inside(span, received) and inside(span, done) for span, received, done in judged)
    assert right >= at_least * len(judged)
    return [(span, done) for span, _, done in judged]


def assert_narrow(judged: list[tuple[TimeSpan, datetime]]) -> None:
    widths = sorted(seconds(span) for span, _ in judged)
    assert median(widths) <= 2.5
    assert widths[int(len(widths) * 0.95)] <= 5
    errors = [abs((span.estimate - done).total_seconds()) for span, done in judged]
    assert median(errors) <= 0.3


def test_intervals_hold_the_audited_times(shop: Any, audit: Any) -> None:
    # The one line that may lie outside repeats a revision which an earlier deletion wrote.
    assert_narrow(assert_holds_truth(registry_of(shop), audit))


@pytest.mark.parametrize(
    "name",
    ["demo", "demo-end", "mid-datadir", "end-datadir", "demo+demo-end", "mid-datadir+demo-end"],
)
def test_intervals_hold_the_audited_times_of_every_source(
    name: str, targets: Any, audit: Any
) -> None:
    with Session.open(SourceOptions(targets=targets(name))) as session:
        assert_narrow(assert_holds_truth(session.registry, audit))


def renewed_at(holder: str, seconds: float) -> Any:
    """An edit: one holder's clock is off."""

    def edit(name: str, revision: int, value: dict[str, Any]) -> dict[str, Any]:
        if value["kind"] == "Lease" and value["metadata"]["name"] == holder:
            time = datetime.fromisoformat(value["spec"]["renewTime"]) + timedelta(seconds=seconds)
            value["spec"]["renewTime"] = time.isoformat()
        return value

    return edit


@pytest.mark.parametrize("offset", [90, -90, 7.5])
@pytest.mark.parametrize("holder", ["hollow-1", "kube-scheduler"])
def test_a_clock_that_is_off_is_named_and_not_averaged(
    holder: str, offset: float, shop: Any, audit: Any
) -> None:
    registry = registry_of(shop, renewed_at(holder, offset))
    assert_narrow(assert_holds_truth(registry, audit))
    notes = " ".join(Clock.from_registry(registry).notes)
    assert holder in notes
    assert f"{abs(offset):.1f} s {'ahead of' if offset > 0 else 'behind'}" in notes
    assert notes.count("the clock of") == 1


def without_managed_fields(name: str, revision: int, value: dict[str, Any]) -> dict[str, Any]:
    value["metadata"].pop("managedFields", None)
    return value


def test_a_clock_that_is_off_is_found_without_stamps(shop: Any, audit: Any) -> None:
    shift = renewed_at("sim-0", 90)
    registry = registry_of(
        shop, lambda name, at, value: shift(name, at, without_managed_fields(name, at, value))
    )
    assert_holds_truth(registry, audit)
    (note,) = Clock.from_registry(registry).notes
    assert "sim-0" in note
    assert "ahead of" in note


def test_right_clocks_are_not_accused(shop: Any) -> None:
    assert Clock.from_registry(registry_of(shop)).notes == ()
    assert Clock.from_registry(registry_of(shop, without_managed_fields)).notes == ()


def test_an_api_server_that_is_off_is_named(shop: Any, audit: Any) -> None:
    """One write in four goes through an API server whose clock is 90 s ahead."""

    def edit(name: str, revision: int, value: dict[str, Any]) -> dict[str, Any]:
        if value["kind"] == "Lease" and revision % 4 == 0:
            for entry in value["metadata"].get("managedFields", ()):
                time = datetime.fromisoformat(entry["time"]) + timedelta(seconds=90)
                entry["time"] = time.isoformat().replace("+00:00", "Z")
        return value

    registry = registry_of(shop, edit)
    assert_narrow(assert_holds_truth(registry, audit))
    assert "API server" in " ".join(Clock.from_registry(registry).notes)


def test_without_any_lease_intervals_widen_and_hold(shop: Any, audit: Any) -> None:
    registry = registry_of(
        shop, lambda name, at, value: None if value["kind"] == "Lease" else value
    )
    judged = assert_holds_truth(registry, audit)
    assert "no Lease" in " ".join(Clock.from_registry(registry).notes)
    assert all(span.estimate is not None for span, _ in judged)


def test_with_nothing_but_pods_intervals_hold(shop: Any, audit: Any) -> None:
    registry = registry_of(shop, lambda name, at, value: value if value["kind"] == "Pod" else None)
    assert_holds_truth(registry, audit)


def test_writes_that_took_long_to_be_stored_widen_all_intervals(shop: Any, audit: Any) -> None:
    """A holder that reads its clock two seconds before each write is no proof of skew."""
    late = renewed_at("kube-scheduler", -2)
    strip = without_managed_fields
    registry = registry_of(shop, lambda name, at, value: late(name, at, strip(name, at, value)))
    assert_holds_truth(registry, audit)


def test_estimates_of_one_key_never_go_back(shop: Any) -> None:
    last: tuple[str, datetime] | None = None
    for name, _, span in spans(registry_of(shop)):
        assert span.estimate is not None
        if last is not None and last[0] == name:
            assert last[1] <= span.estimate
        last = name, span.estimate


def test_revision_at_a_time_is_the_newest_written_by_then(shop: Any) -> None:
    registry = registry_of(shop)
    clock = Clock.from_registry(registry)
    seen = {
        record.mod_revision: span
        for _, revision, span in spans(registry)
        for record in registry.connector.records(since=revision)[:1]
    }
    for revision, span in list(seen.items())[::10]:
        assert clock.revision_at(span.latest) >= revision
        assert clock.revision_at(span.earliest) < revision
    newest = registry.connector.info().current_revision
    assert clock.revision_at(datetime(2030, 1, 1, tzinfo=UTC)) == newest
    assert clock.revision_at(datetime(2020, 1, 1, tzinfo=UTC)) == 0


def test_bounds_are_monotone_and_say_how_far_they_contradict() -> None:
    bounds = TimeBounds([(10, 100, 130), (20, 120, 150), (30, 90, 110)])
    assert [bounds.earliest(revision) for revision in (9, 10, 15, 20, 30, 99)] == [
        None, 100, 100, 120, 120, 120,
    ]  # fmt: skip
    assert [bounds.latest(revision) for revision in (1, 10, 20, 30, 31)] == [
        110, 110, 110, 110, None,
    ]  # fmt: skip
    assert bounds.contradiction == 10


def of_leaders(name: str, revision: int, value: dict[str, Any]) -> dict[str, Any] | None:
    """Only the Leases by which a component elects its leader are there."""
    of_nodes = value["metadata"].get("namespace") == "kube-node-lease"
    return None if value["kind"] == "Lease" and of_nodes else value


def cut_to_seconds(name: str, revision: int, value: dict[str, Any]) -> dict[str, Any]:
    if value["kind"] == "Lease" and "renewTime" in value["spec"]:
        value["spec"]["renewTime"] = value["spec"]["renewTime"][:19] + "Z"
    return value


def cut_and_without_stamps(name: str, revision: int, value: dict[str, Any]) -> dict[str, Any]:
    return without_managed_fields(name, revision, cut_to_seconds(name, revision, value))


def of_few(name: str, revision: int, value: dict[str, Any]) -> dict[str, Any] | None:
    """Each Lease is renewed once a minute, as that of an idle node may be."""
    return None if value["kind"] == "Lease" and revision % 12 else value


@pytest.mark.parametrize("edit", [of_leaders, cut_to_seconds, cut_and_without_stamps, of_few])
def test_other_clusters_leases_hold_the_truth(edit: Any, shop: Any, audit: Any) -> None:
    judged = assert_holds_truth(registry_of(shop, edit), audit)
    widths = sorted(seconds(span) for span, _ in judged)
    assert median(widths) < 4


def test_without_leases_and_managers_creations_alone_hold_the_truth(shop: Any, audit: Any) -> None:
    """As on a release before 1.14, or an old API server behind no kubelet that renews."""

    def edit(name: str, revision: int, value: dict[str, Any]) -> dict[str, Any] | None:
        kept = None if value["kind"] == "Lease" else value
        return None if kept is None else without_managed_fields(name, revision, kept)

    judged = assert_holds_truth(registry_of(shop, edit), audit)
    assert all(span.estimate is not None for span, _ in judged)
