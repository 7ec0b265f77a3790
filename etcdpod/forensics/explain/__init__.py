"""The life of one pod explained: stages, causes, and what ended it."""
