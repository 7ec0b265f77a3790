"""Describers for pods and for the pod templates of other kinds."""
