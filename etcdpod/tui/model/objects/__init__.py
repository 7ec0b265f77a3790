"""What the table of objects shows: which rows, in which order, with which cells."""
