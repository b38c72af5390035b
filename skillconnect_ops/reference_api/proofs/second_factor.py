"""A second factor: codes by time (RFC 6238), each good once, and recovery codes.

`pyotp` accepts the same code twice within its half minute; whoever looks over a shoulder could use
it too (ASVS 5.0, 6.5.1). So the step of the last accepted code is stored, and a code counts only
for a later one.
"""

import base64
import hashlib
import hmac
import secrets
import time

import pyotp
import segno

from skillconnect_ops.core.secret import Secret

STEP_S = 30
_AROUND = (0, -1, 1)
"""Steps that are tried: this one, then its neighbours, since clocks differ."""
RECOVERY_CODES = 10
_RECOVERY_BYTES = 10


def new_secret() -> Secret:
    """A new secret of 160 bits, in base32."""
    return Secret(pyotp.random_base32(32))


def uri(secret: Secret, account: str) -> str:
    """What an authenticator app reads; it holds the secret."""
    return pyotp.TOTP(secret.reveal()).provisioning_uri(name=account, issuer_name="SkillConnect")


def qr_svg(uri: str) -> str:
    """The same as a QR code: an inline SVG."""
    return segno.make(uri, error="m").svg_inline(scale=4)


def step_of(secret: Secret, code: str, *, after: int, now: float | None = None) -> int | None:
    """The step that a code is right for; None where it is wrong, or was used.

    Args:
        secret: in base32.
        code: six digits.
        after: the step of the last code that was accepted.
        now: epoch seconds; by default this moment.
    """
    totp = pyotp.TOTP(secret.reveal())
    current = int(time.time() if now is None else now) // STEP_S
    right = [
        current + shift
        for shift in _AROUND
        if hmac.compare_digest(totp.generate_otp(max(0, current + shift)), code)
    ]
    return next((step for step in right if step > after), None)


def new_recovery_codes() -> tuple[str, ...]:
    """Codes of 80 bits, each good once in place of the other kind."""
    return tuple(
        base64.b32encode(secrets.token_bytes(_RECOVERY_BYTES)).decode().lower()
        for _ in range(RECOVERY_CODES)
    )


def digest(code: str) -> str:
    """What is stored of a recovery code, or of any random token: it cannot be guessed."""
    return hashlib.sha256(code.encode()).hexdigest()
