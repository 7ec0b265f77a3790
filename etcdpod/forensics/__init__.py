"""Forensic questions, one a file: findings with their evidence."""
