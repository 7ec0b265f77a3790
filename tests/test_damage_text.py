"""Every code of damage has a sentence, and no program reads the sentences."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import pytest
from paths import REPOSITORY

from etcdpod.damage import Damage, DamageCode, Fault, FaultCode
from etcdpod.damage_text import (
    FAULTS,
    SENTENCES,
    damage_place,
    damage_sentence,
    damage_text,
    fault_text,
)
from etcdpod.records import Origin, Provenance, Revision

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE = REPOSITORY / "etcdpod"
TEXT_MAKERS = frozenset(
    {"damage_sentence", "damage_place", "damage_text", "fault_text", "notice_text"}
)
PROSE = TEXT_MAKERS | {"what", "where", "consequence"}
"""Attributes and functions that hold sentences of our own."""
SEARCHES = frozenset(
    {"startswith", "endswith", "find", "index", "partition", "rpartition", "split"}
)


def full(code: DamageCode) -> Damage:
    """A defect with every field that a sentence may use."""
    return Damage(
        code,
        "db",
        revision=Revision(7),
        first=2,
        last=4,
        count=9,
        total=10,
        transaction=5,
        name="{not a field}",
        reason="{d.nothing}",
        other=Provenance("copy", page=3),
        fault=Fault(FaultCode.RECORD_TRUNCATED, 77),
        flip=(30, 4),
    )


@pytest.mark.parametrize("code", DamageCode)
def test_every_code_has_one_sentence(code: DamageCode) -> None:
    sentence = damage_sentence(full(code))
    assert sentence
    assert "{d.code" not in sentence
    assert sentence.count("{") == sum(
        f"{{d.{part}}}" in SENTENCES[code] for part in ("name", "reason")
    )


@pytest.mark.parametrize("code", FaultCode)
def test_every_fault_has_one_clause(code: FaultCode) -> None:
    clause = fault_text(Fault(code, 77, 88))
    assert clause
    assert "{" not in clause


def test_codes_and_sentences_are_distinct() -> None:
    assert len({code.value for code in DamageCode}) == len(DamageCode)
    assert set(SENTENCES) == set(DamageCode)
    assert len(set(SENTENCES.values())) == len(SENTENCES)
    assert set(FAULTS) == set(FaultCode)


def test_what_varies_is_in_the_sentence() -> None:
    one = Damage(DamageCode.REVISIONS_MISSING, "db", page=4, first=5, last=5)
    assert (
        damage_text(one) == "db page 4: revision 5 is missing, though nothing was compacted there"
    )
    many = Damage(DamageCode.PAGE_ID, "db", further=15, pages=3)
    assert damage_sentence(many) == "the page carries another id: 15 more times, on 3 pages"
    further = Damage(DamageCode.NOT_IN_LOG, "dir", database_page=8, revision=Revision(6), further=2)
    assert damage_place(further) == "dir db page 8"
    assert damage_sentence(further).startswith("2 more of this sort: revision 6 is in the database")
    differing = Damage(
        DamageCode.LOG_AND_DATABASE_DIFFER, "dir", offset=64, file="0.wal", database_page=8
    )
    assert damage_place(differing) == "dir 0.wal offset 64, db page 8"
    record = Provenance("dir", Origin.FREE_PAGE, page=9, offset=70)
    assert damage_place(Damage(DamageCode.RECORDS_DIFFER, "dir", record=record)) == str(record)


def _reads_prose(node: ast.expr) -> bool:
    """Whether an expression is a sentence of our own, or contains one."""
    return any(
        (isinstance(part, ast.Attribute) and part.attr in PROSE and ast.unparse(part) != "np.where")
        or (isinstance(part, ast.Name) and part.id in TEXT_MAKERS)
        for part in ast.walk(node)
    )


def _comparisons(tree: ast.AST) -> Iterator[ast.expr]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare) and any(
            isinstance(op, ast.In | ast.NotIn | ast.Eq | ast.NotEq) for op in node.ops
        ):
            yield from (node.left, *node.comparators)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if node.func.attr in SEARCHES:
                yield node.func.value
            elif isinstance(node.func.value, ast.Name) and node.func.value.id == "re":
                yield from node.args


FOREIGN = ("kubectl", "forensics/diagnose", "connectors/live/connection")
"""Where texts of Kubernetes, of kubelets, of etcd and of gRPC are recognised."""


def _words(node: ast.Compare | ast.Call) -> Iterator[str]:
    """Texts of several words that are compared or searched for."""
    parts = [node.left, *node.comparators] if isinstance(node, ast.Compare) else node.args
    for part in parts:
        for one in part.elts if isinstance(part, ast.Tuple | ast.Set | ast.List) else (part,):
            if isinstance(one, ast.Constant) and isinstance(one.value, str):
                yield from [one.value] if " " in one.value.strip() else []


def _searched(tree: ast.AST) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        is_search = isinstance(node, ast.Call) and (
            isinstance(node.func, ast.Attribute) and node.func.attr in SEARCHES
        )
        if isinstance(node, ast.Compare) or (is_search and isinstance(node, ast.Call)):
            yield from ((node.lineno, words) for words in _words(node))


def test_no_text_of_several_words_is_searched_for_but_in_foreign_texts() -> None:
    found = [
        (str(path.relative_to(PACKAGE)), line, words)
        for path in sorted(PACKAGE.rglob("*.py"))
        if not str(path.relative_to(PACKAGE)).startswith(FOREIGN)
        for line, words in _searched(ast.parse(path.read_text()))
    ]
    assert found == []


def test_no_module_compares_or_searches_a_sentence() -> None:
    found = [
        f"{path.relative_to(PACKAGE)}:{operand.lineno}"
        for path in sorted(PACKAGE.rglob("*.py"))
        for operand in _comparisons(ast.parse(path.read_text()))
        if _reads_prose(operand)
    ]
    assert found == []


@pytest.mark.parametrize(
    "source",
    ['"cut" in damage.what', 'damage.where.endswith("db")', "damage_text(one) == other"],
)
def test_the_check_for_read_sentences_finds_one(source: str) -> None:
    assert any(map(_reads_prose, _comparisons(ast.parse(source))))


@pytest.mark.parametrize("source", ['"is cut" in text', 'text.endswith("trying again")'])
def test_the_check_for_searched_words_finds_them(source: str) -> None:
    assert list(_searched(ast.parse(source)))
