"""Makes text from a cluster safe for a terminal: nothing in it acts, and all of it is visible."""

from __future__ import annotations

import re
from typing import Final

DISGUISING: Final = (
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # bidirectional marks, embeddings, isolates
    "\u2028\u2029"  # line and paragraph separators
    "\ufff9-\ufffb"  # interlinear annotation
    "\U000e0000-\U000e007f"  # tags: invisible text
)
"""Characters, as the content of a character class, that make text look like other text."""

_ACTING: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # C0 without tab and newline, DEL, C1
    f"{DISGUISING}"
    "\ud800-\udfff]"  # lone surrogates: no terminal encoding has them
)


def printable(text: str) -> str:
    r"""The text with everything that would act on a terminal escaped, except tab and newline.

    Harmless text is returned unchanged. Escape becomes ``^[`` and carriage return ``\r``, as in
    kubectl; other control characters become ``^X`` or ``\x9b``, the rest ``\u202e``.
    """
    if text.isprintable():
        return text
    return _ACTING.sub(_spelled, text)


def _spelled(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code == 0x0D:
        return "\\r"
    if code < 0x20 or code == 0x7F:
        return f"^{chr(code ^ 0x40)}"
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
