"""`skc journal`: the runs of plans, and what to do about those that did not come to their end."""
