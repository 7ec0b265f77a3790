"""Pods and nodes as lanes over time."""
