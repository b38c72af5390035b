"""Floor 3: the gait, the engine, the log, the escrow."""
