"""Describers for all kinds except pods."""
