"""What is wrong in a registry: findings with their causes and evidence."""
