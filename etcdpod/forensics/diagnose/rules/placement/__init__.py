"""Rules about nodes and scheduling."""
