"""Who writes how much, and what takes up space in etcd."""
