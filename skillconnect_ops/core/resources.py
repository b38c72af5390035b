"""The files we ship: `templates/` and `checklists.yaml`. Nothing else opens them."""

from collections.abc import Callable, Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any


def template(name: str) -> str:
    """The text of `templates/<name>`.

    Raises:
        FileNotFoundError: there is no such template.
    """
    return _root().joinpath("templates", *name.split("/")).read_text(encoding="utf-8")


def checklists() -> str:
    """The text of `checklists.yaml`."""
    return _root().joinpath("checklists.yaml").read_text(encoding="utf-8")


def filled(
    text: str,
    about: Mapping[str, Any],
    *,
    filters: Mapping[str, Callable[..., str]] | None = None,
    trim_blocks: bool = False,
) -> str:
    """A template's text with what it asks for; nothing is escaped, since none of ours is HTML.

    Args:
        text: in Jinja.
        about: its variables.
        filters: its own filters.
        trim_blocks: whether the line end behind a block is no part of the text.

    Raises:
        jinja2.UndefinedError: it asks for more than it is given.
    """
    from jinja2 import Environment, StrictUndefined  # noqa: PLC0415 - slow to load

    jinja = Environment(  # noqa: S701 - env files, YAML and Markdown
        undefined=StrictUndefined, keep_trailing_newline=True, trim_blocks=trim_blocks
    )
    jinja.filters.update(filters or {})
    return jinja.from_string(text).render(about)


def place_of(name: str) -> str:
    """Where `templates/<name>` lies on this machine, for a person who copies it."""
    return str(_root().joinpath("templates", *name.split("/")))


def templates(folder: str) -> tuple[str, ...]:
    """The names of all files below `templates/<folder>`, relative to it, sorted."""
    return tuple(sorted(_below(_root().joinpath("templates", *folder.split("/")), "")))


def _below(folder: Traversable, prefix: str) -> list[str]:
    names: list[str] = []
    for entry in folder.iterdir():
        if entry.name == "__pycache__":  # an installer compiles the Python among the templates
            continue
        if entry.is_dir():
            names += _below(entry, f"{prefix}{entry.name}/")
        else:
            names.append(f"{prefix}{entry.name}")
    return names


def _root() -> Traversable:
    """A wheel holds the files in the package; a checkout has them beside it."""
    packed = files("skillconnect_ops").joinpath("_data")
    if packed.is_dir():
        return packed
    return Path(__file__).parents[2]
