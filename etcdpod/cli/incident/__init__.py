"""Verbs about what went wrong: diagnose, explain, timeline, report, lint."""
