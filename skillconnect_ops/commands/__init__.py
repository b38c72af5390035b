"""Floor 4: one folder per domain."""
