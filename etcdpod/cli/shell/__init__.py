"""Verbs about the tool itself: the browser, shell completion."""
