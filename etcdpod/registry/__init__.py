"""The objects of a source as of a revision: which there are, and each as kubectl shows it."""
