"""This machine as a signer: what to call it, and the step that lists its key.

Evidence of a key that is not listed is a claim. The private half lies in the private state and
never leaves it; the line in `.skc/allowed_signers` counts for others once a review let it in.
"""

import os
import pwd
import re
import socket
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from skillconnect_ops.commands.house import House
from skillconnect_ops.core.plan import Image, Proof, Step, Walk
from skillconnect_ops.disk.files import Disk
from skillconnect_ops.evidence.ledger import Ledger

SIGNERS = ".skc/allowed_signers"
_UNFIT = re.compile(r"[^A-Za-z0-9._-]+")


class SignerEnroll(Step, frozen=True, kw_only=True, tag="signer.enroll"):
    """List the key of this machine, which is made where there is none."""

    name: str
    project: str
    """The project's id: where the private half lies."""

    def says(self) -> str:
        """One line for the plan."""
        return f"list this machine's signing key as {self.name} in {SIGNERS}"


class EnrollSigner:
    """Carries out `signer.enroll`.

    Args:
        root: the project's root.
        ledger: the evidence ledger of a project, by its id.
        disk: durable files.
    """

    def __init__(self, root: Path, ledger: Callable[[str], Ledger], disk: Disk) -> None:
        self._root = root
        self._ledger = ledger
        self._disk = disk

    def before(self, step: SignerEnroll, walk: Walk) -> Image:
        """Which of the files are there, and whether the key is listed; no text of anybody's."""
        return {
            "listed": self._ledger(step.project).enrolled() is not None,
            "there": [path.name for path in self._files() if path.exists()],
        }

    def apply(self, step: SignerEnroll, walk: Walk) -> Mapping[str, Any]:
        """Make the key if need be, and list it."""
        return {"name": self._ledger(step.project).enroll(step.name)}

    def verify(self, step: SignerEnroll, walk: Walk) -> Sequence[Proof]:
        """Read the list again."""
        name = self._ledger(step.project).enrolled()
        return [Proof(claim="signer.enrolled", subject={"name": step.name}, holds=bool(name))]

    def undo(self, step: SignerEnroll, image: Image, walk: Walk) -> None:
        """Take the line off, and what this step made besides; others' lines stay.

        The key itself stays in the private state: unlisted it proves nothing, and another run may
        have signed with it meanwhile.
        """
        folder, attributes, signers = self._files()
        if not folder.is_dir():
            return
        if not image["listed"]:
            self._ledger(step.project).withdraw()
        made = {folder.name, attributes.name, signers.name} - set(image["there"])
        if signers.name in made and signers.exists() and not self._disk.read(signers).strip():
            self._disk.remove(signers)
        if folder.name in made and set(self._disk.names(folder)) <= {attributes.name}:
            self._disk.remove_tree(folder)
        elif attributes.name in made and not signers.exists():
            self._disk.remove(attributes)

    def _files(self) -> tuple[Path, Path, Path]:
        folder = self._root / ".skc"
        return folder, folder / ".gitattributes", self._root / SIGNERS


def ledger_of(house: House, root: Path) -> Callable[[str], Ledger]:
    """The evidence ledger below a root, by the project's id; there may be no `skc.yaml` yet."""
    return lambda project: Ledger(
        root=root,
        state=house.environment.state_home / project,
        project=project,
        disk=house.disk,
        clock=house.clock,
        environment=house.environment,
    )


def machine_name() -> str:
    """`ana-laptop`: user and host, in the letters that a signer's name may have."""
    try:
        user = pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:  # a container may run as a number that has no name
        user = "user"
    host = socket.gethostname().partition(".")[0]
    return _UNFIT.sub("-", f"{user}-{host}").strip("-._")[:64] or "signer"
