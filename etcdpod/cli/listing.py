"""One run of ``get``: queries in, text out, and what could not be read counted."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from etcdpod.cli.diagnostics import say
from etcdpod.cli.provenance import say_trust
from etcdpod.cli.stdout import write, write_bytes
from etcdpod.errors import ExitCode, UsageError
from etcdpod.kubectl.formats.unknown import unknown_fields
from etcdpod.records import Encrypted, Trust, Undecodable
from etcdpod.registry.bulk import is_long, map_slices
from etcdpod.registry.query import Query, matching, records, union

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import datetime

    from etcdpod.cli.formats import Output
    from etcdpod.history.lives import Registry
    from etcdpod.kube.codec import Projection
    from etcdpod.records import Record
    from etcdpod.registry.objects import Item
    from etcdpod.session import Session


@dataclass(frozen=True)
class Form:
    """How the answer is to look: the words of the command, as given."""

    output: str = ""
    sort_by: str = ""
    header: bool = True
    managed_fields: bool = False
    show_labels: bool = False
    label_columns: tuple[str, ...] = ()
    now: datetime | None = None


class ValueRemark(NamedTuple):
    """What is printed about a value beside its object."""

    text: str
    is_undecodable: bool = False
    """The value has no object because it could not be decoded."""


class Printing:
    """One run of ``get``: its queries in, its text out, what could not be read counted."""

    def __init__(self, session: Session, form: Form, queries: list[Query]) -> None:
        self.session = session
        self.registry: Registry = session.registry
        self.form = form
        self.queries = queries
        self.single = len(queries) == 1 and queries[0].name is not None
        self.code = ExitCode.FOUND
        self.remarks: list[ValueRemark] = []
        self.trust: Counter[Trust] = Counter()
        self._moment: datetime | None = None

    def print_all(self, *, all_namespaces: bool) -> None:
        """Everything that the queries find, in the format asked for."""
        kinds = list(dict.fromkeys(query.resource for query in self.queries))
        if self.form.output in ("raw", "hex"):
            self._print_bytes()
        elif self.form.output in ("", "wide", "name"):
            shown = 0
            for kind in kinds:
                queries = [query for query in self.queries if query.resource == kind]
                wide = all_namespaces or queries[0].namespace is None
                out = self.listing(queries[0], wide=wide, several=len(kinds) > 1)
                count = self._print(queries, out, gap=bool(shown) and self.form.output != "name")
                shown += count
            if not shown:
                self._say_nothing_found()
        else:
            self._print(self.queries, self.document())
        self._say_remarks()

    # --- formats ----------------------------------------------------------------------------

    def listing(self, query: Query, *, wide: bool, several: bool) -> Output:
        """A line an object: kubectl's table, or names."""
        from etcdpod.cli.formats import Names, Table
        from etcdpod.kubectl.tables.layout import layout, object_prefix
        from etcdpod.kubectl.tables.printer import fields
        from etcdpod.kubectl.tables.printers import printer_for

        if self.form.output == "name":
            return Names(object_prefix(query.resource), fields())
        builtin = self.registry.builtin_types.of_object(
            query.resource.api_version, query.resource.kind
        )
        definition = None if builtin else self.registry.definition(query.resource)
        return Table(
            layout(
                printer_for(query.resource, definition),
                self._now(query),
                wide=self.form.output == "wide",
                namespace=wide and query.resource.namespaced,
                label_columns=self.form.label_columns,
                show_labels=self.form.show_labels,
                prefix=query.resource if several else None,
            ),
            header=self.form.header,
        )

    def document(self) -> Output:
        """Whole objects, or what a template makes of them."""
        from etcdpod.cli import formats as outputs

        name, _, argument = self.form.output.partition("=")
        if name == "jsonl":
            return outputs.JsonLines()
        if name == "json":
            return outputs.Json(self.single)
        if name == "yaml":
            return outputs.Yaml(self.single)
        if name == "jsonpath":
            from etcdpod.kubectl.formats.jsonpath import JSONPath

            return outputs.Template(JSONPath(argument), self.single)
        if name == "custom-columns":
            from etcdpod.kubectl.formats.custom_columns import parse_columns

            return outputs.CustomColumnsOutput(parse_columns(argument), self.form.header)
        if name == "custom-columns-file":
            from etcdpod.kubectl.formats.custom_columns import parse_columns_file

            return outputs.CustomColumnsOutput(
                parse_columns_file(_file_text(argument)), self.form.header
            )
        raise UsageError(
            f"no output format {self.form.output!r}",
            next_step="there are wide, yaml, json, jsonl, name, jsonpath=, custom-columns=, "
            "raw and hex",
        )

    def _now(self, query: Query) -> datetime:
        if self.form.now is not None:
            return self.form.now
        if self._moment is None:
            self._moment, text = self.session.now(query.at)
            say(f"etcdpod: {text}")
        return self._moment

    # --- printing ---------------------------------------------------------------------------

    def _print(self, queries: list[Query], output: Output, *, gap: bool = False) -> int:
        """Print what the queries find; how many objects that was."""
        count = 0
        parts = self._parts(queries, output)

        def counted() -> Iterator[Any]:
            nonlocal count
            for part in parts:
                if gap and not count:
                    write(["\n"])
                count += 1
                yield part

        write(output.text(counted()))
        return count

    def _parts(self, queries: list[Query], output: Output) -> Iterator[Any]:
        """The parts of all that is found; a state that is not known raises before the first."""
        found = [(query, records(self.registry, query)) for query in queries]
        if self.form.sort_by or output.order is not None:
            return self._sorted_parts(found, output)
        return self._parts_in_key_order(found, output)

    def _parts_in_key_order(
        self, found: list[tuple[Query, Iterable[Record]]], output: Output
    ) -> Iterator[Any]:
        for query, selected in found:
            if is_long(selected):
                self.registry.decoder.expect_many()
            for parts, remarks, trust in map_slices(selected, self._work(query, output)):
                self.remarks.extend(remarks)
                self.trust.update(trust)
                yield from parts

    def _work(
        self, query: Query, output: Output
    ) -> Callable[[Sequence[Record]], tuple[list[Any], list[ValueRemark], list[Trust]]]:
        """What a worker does with a slice of records: the parts, and what is to be said of them."""

        def work(found: Sequence[Record]) -> tuple[list[Any], list[ValueRemark], list[Trust]]:
            parts: list[Any] = []
            remarks: list[ValueRemark] = []
            trust: list[Trust] = []
            for item in self._items(query, found, output.projection):
                remarks += _remarks(item, show_secrets=self.registry.show_secrets)
                trust.append(item.record.provenance.trust)
                part = output.part(item)
                if part is not None:
                    parts.append(part)
            return parts, remarks, trust

        return work

    def _items(
        self, query: Query, found: Iterable[Record], projection: Projection | None
    ) -> Iterator[Item]:
        managed = self.form.managed_fields
        return matching(self.registry, query, found, projection=projection, managed_fields=managed)

    def _sorted_parts(
        self, found: list[tuple[Query, Iterable[Record]]], output: Output
    ) -> Iterator[Any]:
        """The parts in another order than that of keys, which has to see all objects first."""
        from etcdpod.kubectl.formats.sort import sort_by

        projection = output.projection
        if self.form.sort_by:
            projection = _with_path(projection, self.form.sort_by)
        items: dict[int, Item] = {}
        for query, selected in found:
            for item in self._items(query, selected, projection):
                self.remarks += _remarks(item, show_secrets=self.registry.show_secrets)
                self.trust[item.record.provenance.trust] += 1
                if item.object is not None:
                    items[id(item.object)] = item
        objects = [item.object for item in items.values() if item.object is not None]
        if output.order is not None:
            objects.sort(key=output.order)
        for thing in sort_by(objects, self.form.sort_by) if self.form.sort_by else objects:
            yield output.part(items[id(thing)])

    def _print_bytes(self) -> None:
        from etcdpod.kubectl.formats.hexdump import hexdump

        for query in self.queries:
            for item in matching(self.registry, query, records(self.registry, query)):
                kind = (item.object or {}).get("kind")
                if kind == "Secret" and not self.registry.show_secrets:
                    raise UsageError(
                        "the bytes of a Secret would show its data",
                        next_step="add --show-secrets if that is wanted",
                    )
                if self.form.output == "raw":
                    write_bytes(item.record.value)
                else:
                    write(hexdump(item.record.value))

    def _say_nothing_found(self) -> None:
        namespace = self.queries[0].namespace
        say(
            f"No resources found in {namespace} namespace."
            if namespace is not None
            else "No resources found"
        )

    def _say_remarks(self) -> None:
        say_trust(self.trust)
        for remark in self.remarks[:5]:
            say(f"etcdpod: {remark.text}")
        if len(self.remarks) > 5:
            say(f"etcdpod: {len(self.remarks) - 5} more remarks on values")
        if any(remark.is_undecodable for remark in self.remarks):
            self.code = ExitCode.DAMAGED


def _file_text(path: str) -> str:
    try:
        return Path(path).read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"the file of columns cannot be read: {error}") from error


def _remarks(item: Item, *, show_secrets: bool) -> Iterable[ValueRemark]:
    """Why a value has no object, or what its object leaves out."""
    outcome = item.outcome
    key = item.record.key.decode(errors="backslashreplace")
    if isinstance(outcome, Encrypted | Undecodable):
        yield ValueRemark(f"{key}: {outcome}", isinstance(outcome, Undecodable))
    elif outcome.unknown:
        hide = outcome.kind == "Secret" and not show_secrets
        yield from (ValueRemark(f"{key}: {text}") for text in unknown_fields(outcome, hide=hide))


def _with_path(projection: Projection | None, path: str) -> Projection | None:
    """The projection with a plain path added; everything where the path is not plain."""
    plain = path.strip("{}").lstrip(".")
    if projection is None or not all(part.isalnum() for part in plain.split(".")):
        return None
    wanted: Projection = {}
    for part in reversed(plain.split(".")):
        wanted = {part: wanted}
    return union(projection, wanted)
