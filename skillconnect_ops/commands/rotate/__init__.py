"""Replaces credentials, with no moment in which none is good."""
