"""HTTP only, no decisions."""
