"""Git's object database and what lies beside it, through git's own plumbing; nothing is changed."""

from skillconnect_ops.adapters.objects.repositories import GitRepositories

__all__ = ["GitRepositories"]
