"""Decodes text as Go does: each byte that is not valid UTF-8 becomes one U+FFFD."""

from __future__ import annotations

import codecs

ERRORS = "etcdpod.go"
"""Name of the error handler; Python's ``replace`` emits one U+FFFD for several bad bytes."""


def _replace_each(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return "\N{REPLACEMENT CHARACTER}" * (error.end - error.start), error.end


codecs.register_error(ERRORS, _replace_each)


def go_text(content: bytes) -> str:
    """The bytes as text; never raises."""
    return content.decode("utf-8", ERRORS)
