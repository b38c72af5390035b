"""Makes secret values, and says how strong they are; nothing is written or shown here.

Strength is said in bits: for what is drawn at random the binary logarithm of the number of equally
likely values; for keys the security strength (NIST SP 800-57 part 1 rev. 5, table 2; RFC 8032).
"""

import base64
import math
import re
import secrets
import string
from collections.abc import Callable
from enum import StrEnum
from itertools import combinations
from typing import TYPE_CHECKING, assert_never
from urllib.parse import quote, urlencode

from msgspec import Struct

from skillconnect_ops.core.errors import Refused, UsageError
from skillconnect_ops.core.secret import Secret
from skillconnect_ops.core.view import count

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

LEAST_BITS = 128
MOST_BYTES = 1024
Random = Callable[[int], bytes]

_UPPER = "".join(sorted(set(string.ascii_uppercase) - set("IO")))
_LOWER = "".join(sorted(set(string.ascii_lowercase) - set("l")))
_DIGITS = "23456789"
CLASSES = (_UPPER, _LOWER, _DIGITS)
ALPHABET = "".join(CLASSES)
"""57 letters and digits: none needs quoting or percent-encoding, none looks like another."""
_NUMBER = re.compile(r"[0-9]+(?:e[0-9]+)?")
_RSA_STRENGTHS = ((15360, 256), (7680, 192), (3072, 128), (2048, 112), (1024, 80))


class Kind(StrEnum):
    """What can be made."""

    HEX = "hex"
    BASE64URL = "base64url"
    PASSWORD = "password"  # noqa: S105 - the name of a kind
    ED25519 = "ed25519"
    RSA = "rsa"
    TOTP = "totp"

    @property
    def is_key_pair(self) -> bool:
        """Whether it has a private half, as PEM, and a public one."""
        return self in {Kind.ED25519, Kind.RSA}


_USUAL_BYTES = {
    Kind.HEX: 32,
    Kind.BASE64URL: 32,
    Kind.PASSWORD: 24,
    Kind.ED25519: 32,
    Kind.RSA: 384,
    Kind.TOTP: 20,
}


class Label(Struct, frozen=True, kw_only=True):
    """What an authenticator app shows beside the code."""

    issuer: str
    account: str


class Made(Struct, frozen=True, kw_only=True):
    """One secret, newly made."""

    kind: Kind
    secret: Secret
    """The value; of a key pair the private half, PEM (PKCS #8)."""
    bits: int
    public: str | None = None
    """Of a key pair the public half, PEM (SubjectPublicKeyInfo)."""
    uri: Secret | None = None
    """Of a TOTP secret what a QR code would hold; the secret is in it."""

    def says(self, *, count_of: int = 1) -> str:
        """How strong, in a line for people; nothing of the value is in it."""
        what = count(count_of, f"{self.kind} secret")
        if self.kind.is_key_pair:
            return f"{what}, security strength {self.bits} bits"
        length = count(len(self.secret.reveal()), "character")
        return f"{what}, {length}, {self.bits} bits of entropy" + (" each" if count_of > 1 else "")


class TooWeak(Refused):
    """What was asked for could be guessed."""

    def __init__(self, kind: Kind, *, bits: int, fix: str) -> None:
        super().__init__(
            f"a secret of {bits} bits ({kind}) is not made",
            why=f"less than {LEAST_BITS} bits can be within an attacker's reach",
            fix=fix,
        )


class WrongSize(UsageError):
    """The size is none that this kind can have."""

    def __init__(self, kind: Kind, *, why: str) -> None:
        super().__init__(
            f"--bytes does not fit a secret of the kind {kind}",
            why=why,
            fix=f"skc secrets generate --kind {kind}",
        )


def make(
    kind: Kind,
    *,
    size_bytes: int | None = None,
    label: Label,
    random: Random = secrets.token_bytes,
) -> Made:
    """One secret.

    Args:
        kind: which form.
        size_bytes: how many random bytes (of a password: the strength in bytes; of an RSA key:
            the modulus); by default what is usual for the kind.
        label: for TOTP.
        random: gives so many random bytes; key pairs take theirs from the cryptographic library.

    Raises:
        TooWeak: it would have less than 128 bits.
        WrongSize: the kind has no such size.
    """
    size = _USUAL_BYTES[kind] if size_bytes is None else size_bytes
    if size > MOST_BYTES:
        raise WrongSize(kind, why=f"more than {MOST_BYTES:,} bytes make nothing safer")
    match kind:
        case Kind.ED25519:
            return _ed25519(size)
        case Kind.RSA:
            return _rsa(size)
        case Kind.HEX | Kind.BASE64URL | Kind.PASSWORD | Kind.TOTP:
            if size * 8 < LEAST_BITS:
                fix = f"skc secrets generate --kind {kind} --bytes {LEAST_BITS // 8}"
                raise TooWeak(kind, bits=size * 8, fix=fix)
            return _drawn(kind, size, label=label, random=random)
    assert_never(kind)


def password_bits(length: int) -> float:
    """The strength of a password of that length, exactly.

    Counted are the texts over `ALPHABET` that begin with a letter and hold at least one letter of
    either case and one digit, by inclusion and exclusion over the classes that are left out.
    """
    texts = 0
    for missing in range(len(CLASSES) + 1):
        for left_out in combinations(CLASSES, missing):
            rest = len(ALPHABET) - sum(map(len, left_out))
            first = rest - (0 if _DIGITS in left_out else len(_DIGITS))
            texts += (-1) ** missing * first * rest ** (length - 1)
    return math.log2(texts) if texts > 0 else 0.0


def _drawn(kind: Kind, size: int, *, label: Label, random: Random) -> Made:
    if kind is Kind.PASSWORD:
        return _password(size, random)
    if kind is Kind.TOTP:
        return _totp(random(size), label)
    if kind is Kind.BASE64URL:
        text = base64.urlsafe_b64encode(random(size)).decode().rstrip("=")
        return Made(kind=kind, secret=Secret(text), bits=size * 8)
    return Made(kind=kind, secret=Secret(_hex(size, random)), bits=size * 8)


def _hex(size: int, random: Random) -> str:
    """Hex digits that no YAML reader takes for a number (`12e4`): less than one in 500,000 is."""
    while _NUMBER.fullmatch(text := random(size).hex()):
        pass
    return text


def _password(size: int, random: Random) -> Made:
    """The shortest password of at least that strength, with letters of both cases and a digit.

    It begins with a letter, so that nothing reads it as a number, an option or a tag.
    """
    length = math.ceil(size * 8 / math.log2(len(ALPHABET)))
    while password_bits(length) < size * 8:
        length += 1
    while not _is_mixed(text := _letters(length, random)):
        pass
    return Made(kind=Kind.PASSWORD, secret=Secret(text), bits=math.floor(password_bits(length)))


def _is_mixed(text: str) -> bool:
    return text[0] not in _DIGITS and all(set(text) & set(group) for group in CLASSES)


def _letters(length: int, random: Random) -> str:
    """Each letter of the alphabet as likely as every other: bytes that would favour some go."""
    bound = 256 - 256 % len(ALPHABET)
    text = ""
    while len(text) < length:
        text += "".join(ALPHABET[b % len(ALPHABET)] for b in random(length) if b < bound)
    return text[:length]


def _totp(raw: bytes, label: Label) -> Made:
    """RFC 6238 with what every app understands: SHA-1, 6 digits, 30 seconds (RFC 4226, R6)."""
    text = base64.b32encode(raw).decode().rstrip("=")
    name = f"{quote(label.issuer, safe='')}:{quote(label.account, safe='@')}"
    asks = urlencode({"secret": text, "issuer": label.issuer}, quote_via=quote)
    uri = Secret(f"otpauth://totp/{name}?{asks}&algorithm=SHA1&digits=6&period=30")
    return Made(kind=Kind.TOTP, secret=Secret(text), bits=len(raw) * 8, uri=uri)


def _ed25519(size: int) -> Made:
    if size != _USUAL_BYTES[Kind.ED25519]:
        raise WrongSize(Kind.ED25519, why="such a key always has 32 bytes")
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (  # noqa: PLC0415 - slow to load
        Ed25519PrivateKey,
    )

    private, public = _pem(Ed25519PrivateKey.generate())
    return Made(kind=Kind.ED25519, secret=private, public=public, bits=128)


def _rsa(size: int) -> Made:
    bits = next((strength for modulus, strength in _RSA_STRENGTHS if size * 8 >= modulus), 0)
    if bits < LEAST_BITS:
        fix = "skc secrets generate --kind rsa --bytes 384   # a modulus of 3072 bits"
        raise TooWeak(Kind.RSA, bits=bits, fix=fix)
    from cryptography.hazmat.primitives.asymmetric.rsa import (  # noqa: PLC0415 - slow to load
        generate_private_key,
    )

    private, public = _pem(generate_private_key(public_exponent=65537, key_size=size * 8))
    return Made(kind=Kind.RSA, secret=private, public=public, bits=bits)


def _pem(key: "Ed25519PrivateKey | RSAPrivateKey") -> tuple[Secret, str]:
    from cryptography.hazmat.primitives import serialization as form  # noqa: PLC0415 - slow to load

    private = key.private_bytes(
        form.Encoding.PEM, form.PrivateFormat.PKCS8, form.NoEncryption()
    ).decode()
    public = key.public_key().public_bytes(
        form.Encoding.PEM, form.PublicFormat.SubjectPublicKeyInfo
    )
    return Secret(private), public.decode()
