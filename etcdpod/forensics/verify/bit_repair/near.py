"""Words one bit flip away from a known word."""

from __future__ import annotations

from typing import TYPE_CHECKING

from etcdpod.forensics.verify.model import Repair

if TYPE_CHECKING:
    from collections.abc import Iterable

MOST_PLACES = 8
"""Maximum number of places of a text tried in a value."""
CASE = 0x20
"""The bit between upper and lower case, which users also change."""


def bits_apart(one: bytes, other: bytes) -> int:
    """The number of bits in which two texts of equal length differ; many if lengths differ."""
    if len(one) != len(other):
        return 8 * max(len(one), len(other))
    return sum((a ^ b).bit_count() for a, b in zip(one, other, strict=True))


class Words:
    """An index of known words by texts one bit away.

    Args:
        words: the known ones.
    """

    def __init__(self, words: Iterable[str]) -> None:
        self._words = frozenset(words)
        self._halves: dict[tuple[int, str, bool], list[str]] = {}
        for word in self._words:
            for half in _halves(word):
                self._halves.setdefault((len(word), *half), []).append(word)

    def __contains__(self, text: str) -> bool:
        return text in self._words

    def near(self, text: str) -> str | None:
        """The known word one bit away from a text; None if the text is known itself."""
        if text in self._words:
            return None
        # One bit changes one letter, so the other half of the word is unchanged.
        for half in _halves(text):
            for word in self._halves.get((len(text), *half), ()):
                if bits_apart(text.encode(errors="replace"), word.encode()) == 1:
                    return word
        return None


def _halves(word: str) -> tuple[tuple[str, bool], tuple[str, bool]]:
    middle = len(word) // 2
    return (word[:middle], False), (word[middle:], True)


def is_other_spelling(text: str, word: str) -> bool:
    """Whether two words one bit apart may both be valid: they differ in case or a digit."""
    for a, b in zip(text, word, strict=True):
        if a != b:
            return ord(a) ^ ord(b) == CASE or (a.isdigit() and b.isdigit())
    return True


def candidates(value: bytes, wrong: str, right: str) -> tuple[Repair, ...]:
    """Bit flips of a value, at offsets from its start, that turn one text into another.

    The texts are one bit apart; each occurrence of the wrong one is a candidate.
    """
    was, wanted = (text.encode(errors="replace") for text in (wrong, right))
    if bits_apart(was, wanted) != 1:
        return ()
    at = next(at for at in range(len(was)) if was[at] != wanted[at])
    bit = (was[at] ^ wanted[at]).bit_length() - 1
    found: list[Repair] = []
    place = value.find(was)
    while place >= 0 and len(found) < MOST_PLACES:
        found.append(Repair(place + at, bit, was[at], "makes the value sound"))
        place = value.find(was, place + 1)
    return tuple(found)
