"""What is to be expected: pure functions that alerts and reports share."""
