"""What changed, revision by revision: incarnations, differences, summaries."""
