"""What a kind means: names, columns, references."""
