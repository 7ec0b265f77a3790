"""The terminal browser, on the session that the command line uses."""
