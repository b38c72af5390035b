"""Which repository is meant, and where its journal goes."""

from pathlib import Path

from skillconnect_ops.commands.folder import folder_state
from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.scrub.errors import NoRepository
from skillconnect_ops.core.ports.objects import Repository
from skillconnect_ops.core.settings.errors import SettingsNotFound


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
