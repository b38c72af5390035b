"""What an env file is called; pure."""

from pathlib import PurePosixPath

PREFIX = ".env"
ENDINGS = (".example", ".sample", ".template", ".dist")
"""Of those that are there to be shared."""
GLOBS = ("**/.env*", "**/.env*/**")
"""Where git finds all of them; `is_env_file` has the last word."""


def is_env_file(path: str) -> bool:
    """Whether a path is an env file that may hold secrets: every `.env*` but the examples.

    So is what lies in a folder of that name (`.envs/.production/.postgres`): the rules say so, too.
    """
    named = PurePosixPath(path).name.startswith(PREFIX)
    return (named or in_env_folder(path)) and not is_example(path)


def is_example(path: str) -> bool:
    """Whether a path is the example of an env file, which is there to be shared."""
    name = PurePosixPath(path).name
    return name.endswith(ENDINGS) and (name.startswith(PREFIX) or in_env_folder(path))


def in_env_folder(path: str) -> bool:
    """Whether a folder above is named as env files are; git takes nothing in it back."""
    above = PurePosixPath(path).parts[:-1]
    return any(name.startswith(PREFIX) and not name.endswith(ENDINGS) for name in above)
