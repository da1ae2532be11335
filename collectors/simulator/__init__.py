"""The simulated estate: one model, spoken over real protocols."""
