"""What stands for a project in a folder that has no `skc.yaml`."""

from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from skillconnect_ops.commands.house import House
from skillconnect_ops.core.errors import Precondition
from skillconnect_ops.core.ports.objects import Repository
from skillconnect_ops.core.settings.errors import SettingsNotFound

if TYPE_CHECKING:
    from skillconnect_ops.journal.office import Office


def bare_root(house: House) -> Path:
    """The repository that holds the working folder, else that folder."""
    here = house.environment.folder.resolve()
    state = house.git.state(here)
    return here if state is None else state.root


def home_of(repository: Repository) -> Path:
    """What a repository is called by, whichever of its work trees somebody is in."""
    own = repository.git_folder
    return own.parent if own.name == ".git" else own


def folder_state(house: House, root: Path) -> Path:
    """The private state of a folder that has no `skc.yaml`.

    All work trees of a repository have one: it has one history, and one lock.
    """
    try:
        repository = house.repositories.open(root)
    except Precondition:  # who needs git says what is wrong with it
        repository = None
    home = root if repository is None else home_of(repository)
    name = sha256(str(home).encode(errors="surrogateescape")).hexdigest()[:12]
    return house.environment.state_home / f"folder-{name}"


def office_here(house: House) -> "Office":
    """The office of the project; without one that of the folder, where something ran in it.

    Raises:
        SettingsNotFound: there is neither.
    """
    try:
        return house.office()
    except SettingsNotFound:
        state = folder_state(house, bare_root(house))
        if not state.is_dir():
            raise
        return house.office(state=state)
