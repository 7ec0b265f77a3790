"""Everything that imitates kubectl, byte for byte."""
