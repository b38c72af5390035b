"""`skc respond`: an incident by its runbook, by the clock, with a log that cannot be lost."""
