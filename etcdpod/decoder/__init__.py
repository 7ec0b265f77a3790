"""From a stored value to the object that kubectl would have shown."""
