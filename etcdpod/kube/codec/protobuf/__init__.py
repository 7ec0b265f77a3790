"""Converts Kubernetes' protobuf messages to JSON, driven by the schema."""
