"""`skc status`: one screen of what is known, and one next command."""
