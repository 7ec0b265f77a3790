"""Compressed files and archives, unpacked to a private directory that is removed afterwards."""
