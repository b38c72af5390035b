"""What a key is called where the key itself must not be: in a token's header, a record, a report.

The name of a strong key is made from the key, so that everyone who has the key knows it. Made from
a weak one it would let anybody try guesses until the name fits, so a weak key's name is random and
lives in the records of whoever drew it. `templates/express/jwt-ring.cjs` names keys in the same
way, except that it looks at a key's form alone: the tokens that it signs let guesses be tried, too.
"""

import base64
import hmac
import re
from collections.abc import Callable

from skillconnect_ops.core.secret import Secret
from skillconnect_ops.evidence import strength
from skillconnect_ops.evidence.forms import password_of

LENGTH = 8
"""48 bits: two of a handful of keys do not meet."""
_ABOUT = b"skc jwt kid v1"
_FORM = re.compile(r"(?=.*[0-9])(?=.*[a-z])[A-Za-z0-9_-]{43,128}")
_RUNS = re.compile(r"[A-Z]?[a-z]+|[A-Z]|[0-9]+")
_LONGEST_MEAN_RUN = 3
_TWICE = re.compile(r"(.{5}).*\1")


def kid(key: Secret, *, random: Callable[[int], bytes]) -> str:
    """Eight characters of base64url.

    Args:
        key: what is named.
        random: gives so many random bytes.
    """
    return derived(key) or _text(random(LENGTH))


def derived(key: Secret) -> str | None:
    """The name that follows from the key; None of a key that could be guessed by it."""
    if not _looks_drawn(key.reveal()) or strength.is_weak(key):
        return None
    return _text(hmac.digest(key.reveal().encode(), _ABOUT, "sha256"))


def generation(value: Secret) -> str | None:
    """What a health answer calls any value: the name of it, or of the password in its URI."""
    return derived(Secret(password_of(value.reveal()) or value.reveal()))


def _looks_drawn(key: str) -> bool:
    """Whether chance made it, by its form: letters and digits alternate, and nothing comes again.

    Of 32 random bytes one in ten thousand (base64url) or in sixty (hex) looks otherwise, and is
    named at random; the words of a phrase make longer runs.
    """
    runs = _RUNS.findall(key)
    return bool(
        _FORM.fullmatch(key)
        and len(key) <= _LONGEST_MEAN_RUN * len(runs)
        and not _TWICE.search(key)
    )


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode()[:LENGTH]
