"""`skc apply`: a plan that was saved is carried out, if it is still the right one."""
