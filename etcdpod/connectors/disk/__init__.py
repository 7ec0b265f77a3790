"""Snapshot files and data directories, including what remains in free pages and logs."""
