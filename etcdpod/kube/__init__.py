"""Kubernetes' data model: schemas, decoding, keys, kinds, fields. No file or terminal access."""
