"""etcd's apply loop over the write-ahead log: each logged request with the revision it had."""
