"""`skc env`: the variables of an app, in its env files, its example and its code."""
