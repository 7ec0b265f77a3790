"""Forensic analyses: findings with their evidence."""
