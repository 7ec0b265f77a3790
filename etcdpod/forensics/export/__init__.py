"""A redacted registry that is safe to share: its structure without its contents."""
