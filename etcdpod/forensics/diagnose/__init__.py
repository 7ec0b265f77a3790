"""Diagnosis of a registry: findings with causes and evidence."""
