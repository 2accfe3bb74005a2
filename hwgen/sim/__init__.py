"""Run one core in a simulator against its golden model."""
