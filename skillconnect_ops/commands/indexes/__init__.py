"""Indexes: declare them, see the difference, and apply it without harm."""
