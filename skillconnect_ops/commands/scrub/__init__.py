"""Takes secrets out of the whole history of a repository, and proves it."""
