"""On-disk formats: bytes in, records out. Nothing here knows Kubernetes."""
