"""One file per outside system: its Protocol, named by role, and the nouns it speaks."""
