"""`skc rotate`: every credential renewed, its users moved over, the old one proven dead."""
