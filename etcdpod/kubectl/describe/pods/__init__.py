"""How pods, and the pod templates of other kinds, are described."""
