"""Snapshot files and data directories, with what is left in free pages and logs."""
