"""The write-ahead log: segments, checksums, raft entries."""
