"""Reaching an etcd: endpoints, TLS, credentials, and why one cannot be reached."""
