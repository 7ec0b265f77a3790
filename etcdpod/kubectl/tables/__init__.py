"""kubectl's tables: the columns of each kind."""
