"""Floor 3: the only room that talks to a person."""
