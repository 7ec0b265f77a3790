"""Descriptor sets of the Kubernetes and etcd messages, loaded lazily into a private pool."""
