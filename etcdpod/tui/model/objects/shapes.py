"""Objects that do not have the shape of their kind: reported, never fatal."""

from __future__ import annotations

ODD = (AttributeError, IndexError, KeyError, TypeError, ValueError)
"""What code that reads an object of a kind raises where the object is of another shape.

No API server stores such an object; a damaged or forged registry may hold one.
"""


def oddness(error: Exception) -> str:
    """The message about such an object."""
    return f"this object does not have the shape of its kind ({type(error).__name__}: {error})"
