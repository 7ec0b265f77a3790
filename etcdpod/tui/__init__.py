"""The terminal browser: the registry as one looks at it, at any revision that is still kept."""
