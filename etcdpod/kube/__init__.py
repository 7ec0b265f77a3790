"""What Kubernetes is: schemas, decoding, keys, kinds, fields. Nothing of files or terminals."""
