"""`skc audit`: every check over a project's code, without running any of it."""
