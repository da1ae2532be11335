"""Tests of the simulated estate."""
