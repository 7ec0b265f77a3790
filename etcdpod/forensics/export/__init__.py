"""A likeness of a registry that can be shared: its shape without its contents."""
