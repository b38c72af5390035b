"""What `skc secrets` will not do, in several of its commands."""

from skillconnect_ops.core.errors import UsageError


class DoNotGoTogether(UsageError):
    """Two options contradict each other."""

    def __init__(self, first: str, second: str, *, why: str) -> None:
        super().__init__(
            f"{first} and {second} do not go together", why=why, fix="leave one of them out"
        )
