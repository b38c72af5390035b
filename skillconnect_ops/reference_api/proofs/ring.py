"""The ring of keys that tokens are signed and verified with, as it stands in the environment.

    NAME             signs, and verifies
    NAME_FALLBACKS   verify only: `v1.<base64url of the key, unpadded>.<not_after>`, by commas
    NAME_MIN_IAT     a token that was issued before it is refused, in epoch seconds

Two rings are apart: one for people, one for administrators. A key that was drawn at random has a
name, made from the key, which goes into a token's header (`kid`) and into health answers; a key
that a person may have made up has none, since its name would let guesses be tried.
"""

import base64
import binascii
import hmac
import re
from collections.abc import Mapping
from urllib.parse import unquote

from msgspec import Struct

from skillconnect_ops.core.secret import Secret

_ENTRY = re.compile(r"v1\.([A-Za-z0-9_-]+)\.(0|[1-9][0-9]{0,11})")
_SECONDS = re.compile(r"[0-9]{1,12}")
_DRAWN = re.compile(r"(?=.*[0-9])(?=.*[a-z])[A-Za-z0-9_-]{43,128}")
_RUNS = re.compile(r"[A-Z]?[a-z]+|[A-Z]|[0-9]+")
_TWICE = re.compile(r"(.{5}).*\1")
_ABOUT = b"skc jwt kid v1"


class Malformed(ValueError):
    """A variable of a ring is not written as described above; its text names no key.

    Args:
        name: of the variable.
        what: is wrong with it.
    """

    def __init__(self, name: str, what: str) -> None:
        super().__init__(f"{name} {what}")
        self.name = name
        self.what = what


class Key(Struct, frozen=True):
    """One key."""

    secret: Secret
    kid: str | None
    """Its name; None where it has none."""

    def derived(self, about: bytes) -> bytes:
        """A key of its own for another purpose (32 bytes)."""
        return hmac.digest(self.secret.reveal().encode(), about, "sha256")


class Ring(Struct, frozen=True):
    """All keys of one purpose."""

    name: str
    """Of the variable that holds the signing key."""
    signing: Key
    fallbacks: tuple[tuple[Key, int], ...] = ()
    """Keys that verify, each with the epoch second from which on it does not any more."""
    min_iat: int = 0

    @property
    def keys(self) -> tuple[Key, ...]:
        """All of them, the one that signs first."""
        return (self.signing, *(key for key, _ in self.fallbacks))

    def verifying(self, now: float, kid: str | None = None) -> tuple[Key, ...]:
        """The keys that may have signed a token.

        Args:
            now: epoch seconds.
            kid: what its header names, if anything; then keys of another name are left out.
        """
        live = (self.signing, *(key for key, end in self.fallbacks if now < end))
        named = tuple(key for key in live if kid is not None and key.kid == kid)
        return named or live


def read(variables: Mapping[str, str], name: str) -> Ring:
    """The ring of that name.

    Raises:
        Malformed: a variable is no part of a ring.
    """
    listed = variables.get(f"{name}_FALLBACKS") or ""
    floor = variables.get(f"{name}_MIN_IAT") or "0"
    if not _SECONDS.fullmatch(floor):
        raise Malformed(f"{name}_MIN_IAT", "is not in epoch seconds")
    entries = tuple(
        _entry(name, number, text)
        for number, text in enumerate(listed.split(",") if listed else (), 1)
    )
    return Ring(name, _key(variables.get(name) or ""), entries, int(floor))


def generation(value: Secret) -> str | None:
    """What health answers call a value: the name of it, or of the password in its URI."""
    return _kid(password_of(value.reveal()) or value.reveal())


def password_of(uri: str) -> str | None:
    """The percent-decoded password in a URI."""
    found = re.match(r"[a-z][a-z0-9+.-]*://[^/?#@:]*:([^/?#@]+)@", uri, re.IGNORECASE)
    if found is None:
        return None

    return unquote(found[1])


def _entry(name: str, number: int, text: str) -> tuple[Key, int]:
    found = _ENTRY.fullmatch(text)
    try:
        if found is None:
            raise ValueError  # noqa: TRY301 - one answer for all that is wrong with it
        raw = base64.urlsafe_b64decode(found[1] + "=" * (-len(found[1]) % 4))
        return _key(raw.decode()), int(found[2])
    except (ValueError, binascii.Error) as error:
        raise Malformed(
            f"{name}_FALLBACKS",
            f"has an entry, {number}, that is not v1.<base64url>.<epoch seconds>",
        ) from error


def _key(text: str) -> Key:
    return Key(Secret(text), _kid(text))


def _kid(text: str) -> str | None:
    runs = _RUNS.findall(text)
    drawn = _DRAWN.fullmatch(text) and len(text) <= 3 * len(runs) and not _TWICE.search(text)
    if not drawn:
        return None
    return base64.urlsafe_b64encode(hmac.digest(text.encode(), _ABOUT, "sha256")).decode()[:8]
