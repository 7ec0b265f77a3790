"""Objects that are not shaped like their kind: they are told of, and end nothing."""

from __future__ import annotations

ODD = (AttributeError, IndexError, KeyError, TypeError, ValueError)
"""What code that reads an object of a kind raises where the object is of another shape.

No API server stores such an object; a damaged or forged registry may hold one.
"""


def oddness(error: Exception) -> str:
    """What is said of such an object."""
    return f"this object is not shaped like its kind ({type(error).__name__}: {error})"
