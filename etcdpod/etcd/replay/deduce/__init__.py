"""What became of logged requests where the state before the log is unknown."""
