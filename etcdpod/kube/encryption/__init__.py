"""Encryption at rest: the API server's configuration, its keys, and its ciphers."""
