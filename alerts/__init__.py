"""What samples mean and who is told."""
