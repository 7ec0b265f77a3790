"""Compressed files and archives, unpacked privately and removed again."""
