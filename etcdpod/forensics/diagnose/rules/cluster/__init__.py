"""Rules about the control plane and cluster-wide objects."""
