"""kubectl's output formats: YAML, JSON, JSONPath, custom columns, sorting, tables."""
