"""Verbs about objects and keys as they are or were: get, describe, events, logs, keys, decode."""
