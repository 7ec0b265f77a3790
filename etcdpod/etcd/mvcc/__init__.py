"""etcd's MVCC store: the revisions inside a bbolt file."""
