"""`skc routes`: what an app of Express or FastAPI answers, and what protects each of its routes."""
