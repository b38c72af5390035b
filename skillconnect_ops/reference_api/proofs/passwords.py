"""Passwords: argon2id with OWASP's least costs, in threads, so that the event loop goes on."""

import asyncio
import hmac
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import Type

from skillconnect_ops.core.secret import Secret

LEAST, MOST = 12, 128
_ABOUT = b"skillconnect password v1"
_HASHER = PasswordHasher(
    time_cost=2, memory_cost=19_456, parallelism=1, hash_len=32, salt_len=16, type=Type.ID
)
_THREADS = max(2, os.cpu_count() or 2)
"""Each hash takes 19 MB; more at once would only take memory, and be no sooner done."""
Made = TypeVar("Made")


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(_THREADS, thread_name_prefix="argon2")


@cache
def _nobodys() -> str:
    """The hash of a password that nobody has: to look one up takes as long for nobody."""
    return _HASHER.hash(os.urandom(24).hex())


async def hashed(password: Secret) -> str:
    """The hash to be stored."""
    return await _aside(lambda: _HASHER.hash(password.reveal()))


async def fits(password: Secret, stored: str | None) -> bool:
    """Whether a password is the one; as slow where there is no account (`stored` is None)."""
    right = await _aside(lambda: _verified(password, stored or _nobodys()))
    return right and stored is not None


def is_old(stored: str) -> bool:
    """Whether a hash was made with other costs than are usual now."""
    return _HASHER.check_needs_rehash(stored)


def mark(stored: str) -> str:
    """What tells whether a password is still the one.

    It may be handed out: the hash that it is made from holds a salt of 128 bits, which nobody can
    guess, so it is of no help with guessing the password.
    """
    return hmac.digest(stored.encode(), _ABOUT, "sha256").hex()[:32]


def problem(password: str, *names: str) -> str | None:
    """What is wrong with a new password; NIST SP 800-63B: long, and not what is known of a person.

    Args:
        password: the new one.
        names: the user's name, mail address and the like.
    """
    lowered = password.lower()
    known = {part for name in names for part in (name.lower(), name.lower().partition("@")[0])}
    if any(len(name) > 3 and name in lowered for name in known):
        return "it holds a name of yours"
    if len(set(lowered)) < 6 or any(word in lowered for word in ("password", "12345678", "qwerty")):
        return "it is one of those that are tried first"
    return None


def _verified(password: Secret, stored: str) -> bool:
    try:
        return _HASHER.verify(stored, password.reveal())
    except (VerificationError, InvalidHashError):
        return False


async def _aside(work: Callable[[], Made]) -> Made:
    return await asyncio.get_running_loop().run_in_executor(_pool(), work)
