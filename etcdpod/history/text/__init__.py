"""Histories and differences as text and as fields for machine output."""
