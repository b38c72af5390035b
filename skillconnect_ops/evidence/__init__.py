"""Floor 3: the ledgers of what was proven."""
