"""`skc doctor`: say what works here; changes nothing."""
