"""`skc api`: runs the reference API, another program, as a child of this one."""
