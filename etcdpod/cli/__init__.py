"""The command line, in kubectl's grammar."""
