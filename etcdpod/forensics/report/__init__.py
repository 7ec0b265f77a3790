"""The post-mortem report of a source."""
