"""Verbs about a source: info, verify, hash, recover, export, snapshot, top."""
