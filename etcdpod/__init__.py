"""Registry inspector and forensic tool for the etcd under a Kubernetes cluster."""

__version__ = "0.1.0"
