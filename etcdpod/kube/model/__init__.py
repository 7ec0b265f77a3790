"""The vocabulary of Kubernetes objects: keys, kinds, names, fields, paths, selectors."""
