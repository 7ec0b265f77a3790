"""What differs between two states of an object, or between two registries."""
