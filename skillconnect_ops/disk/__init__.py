"""Floor 2: durable files and locks."""
