"""The bbolt file: pages, metas, trees; read only, without a lock."""
