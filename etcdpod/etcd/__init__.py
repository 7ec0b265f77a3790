"""etcd's on-disk formats: bytes in, records out. Nothing in this package knows about Kubernetes."""
