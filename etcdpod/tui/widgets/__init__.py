"""Widgets: each is given finished data and posts what the user selects."""
