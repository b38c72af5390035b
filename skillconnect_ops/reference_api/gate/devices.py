"""Devices that an account was logged in from: strangers who guess do not lock them out.

Wrong passwords of an account are counted from wherever they come, and too many end all tries for a
while. So that this is no way to keep the owner out, each login leaves a cookie that names the
device, signed for the account's address; tries that come with it are counted by that device alone
(OWASP, Slow Down Online Guessing Attacks with Device Cookies). It proves nothing else, so it stays
when a session ends. The key is derived from the ring that signs tokens, as that of CSRF tokens is.
"""

import hmac
import secrets
import time

from skillconnect_ops.reference_api.proofs.ring import Key, Ring

LIVES_S = 180 * 24 * 60 * 60
_ABOUT = b"skillconnect device v1"


def made(ring: Ring, account: str) -> str:
    """A new device of an account.

    Args:
        ring: signs it.
        account: what tells the account from others.
    """
    name = secrets.token_hex(16)
    return f"{_mac(ring.signing, account, name)}.{name}"


def known(ring: Ring, account: str, cookie: str) -> str | None:
    """The device's name; None where the cookie is none of this account, or its key is gone."""
    mac, _, name = cookie.partition(".")
    if not mac.isascii() or not name:
        return None
    right = [_mac(key, account, name) for key in ring.verifying(time.time())]
    return name if any([hmac.compare_digest(one, mac) for one in right]) else None  # noqa: C419


def _mac(key: Key, account: str, name: str) -> str:
    message = f"{len(account)}!{account}!{name}"
    return hmac.new(key.derived(_ABOUT), message.encode(), "sha256").hexdigest()
