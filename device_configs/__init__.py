"""What exists: quantities, kinds, profiles, the estate."""
