"""Protection against forged requests: a signed double submit, bound to the session.

OWASP, Cross-Site Request Forgery Prevention: the token is an HMAC over the session and a random
value; it comes back in a header, and must equal the cookie, and fit the session. So another
visitor's token does not pass, nor one that a sibling domain planted in a cookie. The key is derived
from the ring that signs tokens: it is rotated with it, and old tokens pass as long as old keys do.
"""

import hmac
import secrets
import time

from skillconnect_ops.reference_api.proofs.ring import Key, Ring

HEADER = "x-csrf-token"
_ABOUT = b"skillconnect csrf v1"


def token(ring: Ring, session_id: str) -> str:
    """A new token for a session."""
    salt = secrets.token_hex(16)
    return f"{_mac(ring.signing, session_id, salt)}.{salt}"


def fits(ring: Ring, session_id: str, token: str) -> bool:
    """Whether a token was made for this session, by a key that is still good."""
    mac, _, salt = token.partition(".")
    if not mac.isascii():
        return False
    made = [_mac(key, session_id, salt) for key in ring.verifying(time.time())]
    return any([hmac.compare_digest(one, mac) for one in made])  # noqa: C419 - each is compared


def _mac(key: Key, session_id: str, salt: str) -> str:
    message = f"{len(session_id)}!{session_id}!{len(salt)}!{salt}"
    return hmac.new(key.derived(_ABOUT), message.encode(), "sha256").hexdigest()
