"""Every code of damage has a sentence, and no program reads the sentences."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import pytest
from paths import REPOSITORY

from etcdpod.damage import Damage, DamageCode
from etcdpod.damage_text import SENTENCES, damage_place, damage_sentence, damage_text
from etcdpod.records import Origin, Provenance, Revision

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE = REPOSITORY / "etcdpod"
PROSE = frozenset(
    {"what", "where", "consequence", "damage_sentence", "damage_place", "damage_text"}
)
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


def test_codes_and_sentences_are_distinct() -> None:
    assert len({code.value for code in DamageCode}) == len(DamageCode)
    assert set(SENTENCES) == set(DamageCode)
    assert len(set(SENTENCES.values())) == len(SENTENCES)


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
        or (isinstance(part, ast.Name) and part.id in PROSE - {"what", "where"})
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
