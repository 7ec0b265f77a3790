"""The members of one cluster compared."""
