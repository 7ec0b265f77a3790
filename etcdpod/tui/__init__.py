"""The terminal browser: the registry at any kept revision."""
