"""Connecting to etcd: endpoints, TLS, credentials, and diagnosis of failures."""
