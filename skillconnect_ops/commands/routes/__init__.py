"""`skc routes`: what an Express app answers, and what protects each of its routes."""
