"""One screen a file, its layout in a ``.tcss`` beside it."""
