"""Verbs about change: history, diff, blame."""
