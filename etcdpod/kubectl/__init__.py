"""Everything that imitates kubectl's output, byte for byte."""
