"""Floor 1: the nouns that every room speaks. No I/O happens here, but for `resources`."""
