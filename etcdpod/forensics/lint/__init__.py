"""Good practice: what could be better about workloads, whether or not anything broke."""
