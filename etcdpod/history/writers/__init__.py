"""Who wrote a revision: the evidence that bytes carry, and how certain it is."""
