"""`skc.yaml` as frozen nouns, and the reader that turns its text into them."""
