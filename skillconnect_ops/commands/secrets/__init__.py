"""`skc secrets`: make strong ones, find leaked ones, and remember those that are retired."""
