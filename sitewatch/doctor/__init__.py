"""What is wrong with an installation: each finding is one sentence and what to do about it."""
