"""`skc checklist`: what is proven, and what is not."""
