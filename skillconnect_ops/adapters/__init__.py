"""Floor 4: the outside world; thin, no decisions."""
