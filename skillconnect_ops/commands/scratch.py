"""A place of one's own to try things out, with servers of one's own: for the demo and the API."""

import secrets
import shlex
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from itertools import chain, count
from pathlib import Path
from urllib.parse import urlsplit

from skillconnect_ops.commands.house import House
from skillconnect_ops.core.errors import Refused
from skillconnect_ops.core.ports.database import WrongPassword
from skillconnect_ops.core.resources import templates
from skillconnect_ops.core.secret import Secret
from skillconnect_ops.disk.errors import explain

_NAME = "skc"


class PlaceIsTaken(Refused):
    """The folder holds something."""


def place_for(house: House, command: str, folder: Path | None) -> Path:
    """Where a command makes its files; nothing of anybody else's may be there.

    Args:
        house: the house.
        command: whose files they are.
        folder: as a person named it; by default a new folder among the temporary ones.

    Raises:
        PlaceIsTaken: the folder holds something.
    """
    if folder is None:
        base = Path(house.environment.get("TMPDIR") or "/tmp")  # noqa: S108 - the folder is ours alone
        return base.resolve() / f"skc-{command}-{secrets.token_hex(4)}"
    place = (house.environment.folder / folder).resolve()
    if place.exists() and (not place.is_dir() or any(place.iterdir())):
        raise PlaceIsTaken(
            f"{place} is not empty",
            why=f"skc {command} makes its own files, and removes them afterwards",
            fix=_with_folder(house.person.again(), _free(house, place, command, folder)),
        )
    return place


def _free(house: House, place: Path, command: str, folder: Path) -> Path:
    """A folder that is not there yet, near the one that was named."""
    here = house.environment.folder.resolve()
    within = place == here or place in here.parents
    named = folder / f"skc-{command}" if within else folder
    tried = chain((named,), (named.with_name(f"{named.name}-{n}") for n in count(2)))
    return next(one for one in tried if not (here / one).exists())


def _with_folder(line: str, folder: Path) -> str:
    """A command line that names another folder."""
    words = shlex.split(line)
    for at, word in enumerate(words):
        if word == "--folder":
            words[at + 1] = str(folder)
        elif word.startswith("--folder="):
            words[at] = f"--folder={folder}"
    return shlex.join(words)


@contextmanager
def made(house: House, place: Path, *, keep: bool) -> Iterator[None]:
    """The folder while the block runs, for this user alone.

    What is in it goes afterwards, and also when this process is killed, unless it is kept; the
    folder goes as well, unless it was there before.
    """
    try:
        if keep or place.exists():
            house.disk.make_private(place)
        with nullcontext() if keep else house.embedded.folder(place):
            yield
    except OSError as error:
        raise explain(error, f"make files in {place}") from error


def make_user(house: House, root: Secret, *, name: str, database: str) -> Secret:
    """A user who may read and write one database and nothing else; gives its URI."""
    password = secrets.token_hex(32)
    roles = [{"role": "readWrite", "db": database}]
    with house.connect(root) as server:
        server.command(database, {"createUser": name, "pwd": password, "roles": roles})
    parts = urlsplit(root.reveal())
    hosts = parts.netloc.rpartition("@")[2]
    options = [pair for pair in parts.query.split("&") if not pair.startswith("authSource=")]
    return Secret(f"mongodb://{name}:{password}@{hosts}/{database}?{'&'.join(options)}")


def refusal(house: House, uri: Secret) -> str | None:
    """What the server says to a login that it refuses; None where it lets it in."""
    try:
        with house.connect(uri) as server:
            server.command("admin", {"ping": 1})
    except WrongPassword as error:
        return error.what
    return None


def profile_with(file: str) -> str:
    """The folder of templates that has a file: of all profiles that are shipped, the first."""
    found = next(name for name in templates(".") if name.endswith(f"/{file}"))
    return found.removesuffix(f"/{file}")


def program(path: str | None) -> str:
    """`skc` where a shell finds it, else the one beside this Python: `make demo` has no other."""
    if shutil.which(_NAME, path=path):
        return _NAME
    beside = Path(sys.executable).parent / _NAME
    if beside.exists():
        return shlex.quote(str(beside))
    return f"{shlex.quote(sys.executable)} -m skillconnect_ops"
