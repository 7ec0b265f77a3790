"""Lint: departures of workloads from good practice."""
