"""Why `env example` and `env check` cannot look."""

from skillconnect_ops.core.errors import Precondition, Refused


class EnvFileClosed(Precondition):
    """An env file, or an example, is there and cannot be opened."""

    def __init__(self, path: str, *, why: str) -> None:
        super().__init__(f"{path} cannot be read", why=why, fix=f"ls -l '{path}'")


class NotText(Precondition):
    """An example is no UTF-8 text."""

    def __init__(self, path: str) -> None:
        super().__init__(
            f"{path} is no UTF-8 text",
            why="rewriting it would lose what a person wrote there",
            fix=f"save {path} as UTF-8",
        )


class ExampleIsLink(Refused):
    """The example is a link, or a folder."""

    def __init__(self, path: str) -> None:
        super().__init__(
            f"{path} is a link or a folder",
            why="writing would put a plain file in its place",
            fix=f"mv '{path}' '{path}.old' && skc env example",
        )
