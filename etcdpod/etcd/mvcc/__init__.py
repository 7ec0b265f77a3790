"""etcd's revisions inside a bbolt file."""
