"""etcd's apply loop over the write-ahead log: each logged request gets the revision it had."""
