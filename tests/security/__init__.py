"""The usual attacks, and that they fail."""
