"""Time series stores behind one Protocol."""
