"""The files we ship: `templates/` and `checklists.yaml`. Nothing else opens them."""

from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path


def template(name: str) -> str:
    """The text of `templates/<name>`.

    Raises:
        FileNotFoundError: there is no such template.
    """
    return _root().joinpath("templates", *name.split("/")).read_text(encoding="utf-8")


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
