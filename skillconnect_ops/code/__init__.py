"""A project as text: its files, and what its code reads from the environment."""
