"""A user as `ACL LIST` writes it, the form that the server's own files have; pure."""

import hashlib
import re

from msgspec import Struct

from skillconnect_ops.core.ports.acl import AclRights, AclUser
from skillconnect_ops.core.secret import Secret

_WORD = re.compile(r"\(.*?\)(?= |$)|\S+")
_STATE = frozenset({"on", "off", "nopass"})
_AS_IF_ABSENT = frozenset({"sanitize-payload"})
"""6.2 writes it for a user made by `reset`, and nothing for `default`: the same without it."""
_KEYS = ("~", "%", "allkeys", "resetkeys")
_CHANNELS = ("&", "allchannels", "resetchannels")
_COMMANDS = ("+", "-", "allcommands", "nocommands")


class Line(Struct, frozen=True, kw_only=True):
    """One line, taken apart; what is in `words` may be a password's hash."""

    name: str
    words: tuple[str, ...]

    @property
    def hashes(self) -> frozenset[str]:
        """The SHA-256 of each password, in hex."""
        return frozenset(word[1:] for word in self.words if word.startswith("#"))

    @property
    def any_password(self) -> bool:
        """Whether it is let in with any."""
        return "nopass" in self.words

    def user(self) -> AclUser:
        """As the port has it."""
        rights = self._rights()
        return AclUser(
            name=self.name,
            enabled="on" in self.words,
            any_password=self.any_password,
            passwords=len(self.hashes),
            rights=rights,
            image=Secret(" ".join(self.words)),
        )

    def _rights(self) -> AclRights:
        parts: dict[str, list[str]] = {
            part: [] for part in ("flags", "keys", "channels", "commands", "selectors")
        }
        for word in self.words:
            if word not in _STATE and not word.startswith("#"):
                parts[_part(word)].append(word)
        return AclRights(
            flags=frozenset(parts["flags"]) - _AS_IF_ABSENT,
            keys=tuple(parts["keys"]),
            channels=tuple(parts["channels"]),
            commands=tuple(parts["commands"]),
            selectors=tuple(parts["selectors"]),
        )


def read_line(line: str) -> Line:
    """`user NAME on #… ~* &* +@all (…)`."""
    _, name, *rest = line.split(" ", 2)
    return Line(name=name, words=tuple(_WORD.findall("".join(rest))))


def read_image(name: str, image: Secret) -> Line:
    """What was kept of a user."""
    return Line(name=name, words=tuple(_WORD.findall(image.reveal())))


def all_of(line: Line) -> list[str]:
    """What `ACL SETUSER` must be told to make exactly this user, whatever it was before."""
    return ["reset", *line.words]


def rights_of(line: Line, password: Secret) -> list[str]:
    """What it must be told for a user with the same rights, enabled, with one password."""
    kept = (word for word in line.words if word not in _STATE and not word.startswith("#"))
    return ["reset", "on", f"#{digest(password)}", *kept]


def digest(password: Secret) -> str:
    """A password as the server keeps it.

    We send this instead of the password, so that it stands in no log or monitor of the server.
    """
    return hashlib.sha256(password.reveal().encode()).hexdigest()


def _part(word: str) -> str:
    if word.startswith("("):
        return "selectors"
    if word.startswith(_KEYS):
        return "keys"
    if word.startswith(_CHANNELS):
        return "channels"
    return "commands" if word.startswith(_COMMANDS) else "flags"
