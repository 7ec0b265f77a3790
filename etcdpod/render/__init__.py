"""Objects to text: YAML, JSON, tables, templates, differences. No I/O, no Textual."""
