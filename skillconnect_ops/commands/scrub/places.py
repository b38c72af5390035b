"""Which repository is meant, and where its journal goes."""

from collections.abc import Iterator
from pathlib import Path

from skillconnect_ops.commands.folder import folder_state
from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.scrub.errors import NoRepository
from skillconnect_ops.commands.scrub.references import is_own_text
from skillconnect_ops.core.ports.objects import Repository
from skillconnect_ops.core.settings.errors import SettingsNotFound

_LARGEST_OWN = 64 << 20


def opened(house: House) -> Repository:
    """The repository that holds the working folder.

    Raises:
        NoRepository: there is none.
    """
    folder = house.environment.folder
    repository = house.repositories.open(folder)
    if repository is None:
        raise NoRepository(folder)
    return repository


def office_state(house: House, root: Path) -> Path | None:
    """The private state where there is no project; None where there is one."""
    try:
        house.project()
    except SettingsNotFound:
        return folder_state(house, root)
    return None


def own_texts(repository: Repository) -> Iterator[tuple[str, Path]]:
    """The git folder's own files that may name objects, or hold a value, in their text."""
    for name, path in repository.own_files():
        if is_own_text(name) and path.stat().st_size <= _LARGEST_OWN:
            yield name, path
