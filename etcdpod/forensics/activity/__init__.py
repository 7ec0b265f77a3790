"""Who writes how much, and what fills an etcd."""
