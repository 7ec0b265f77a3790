"""What the history screen shows of one object."""
