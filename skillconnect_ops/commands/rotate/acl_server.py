"""What the steps on users of a key-value server have in common: who logs in, and what is proven."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Protocol

from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.rotate.errors import NoAdmin, NotVerified
from skillconnect_ops.commands.rotate.model import value_of
from skillconnect_ops.commands.rotate.values import kept
from skillconnect_ops.core.plan import Proof, Walk
from skillconnect_ops.core.ports.acl import Acl, AclAnswer, AclLoginRefused
from skillconnect_ops.core.secret import Secret
from skillconnect_ops.core.settings.model import Target

_ALIVE = frozenset({AclAnswer.ACCEPTED, AclAnswer.NOT_PERMITTED})
"""The password is right; that the user may not even PING is another matter."""


class OfUser(Protocol):
    """A step on a user."""

    @property
    def user(self) -> str:
        """Its name."""

    @property
    def secret(self) -> str:
        """The secret that is renewed."""

    @property
    def admin_uri(self) -> str:
        """The variable that may hold an administrator's URI."""

    @property
    def manages_itself(self) -> bool:
        """Whether the user may be its own administrator, since it stays."""


@contextmanager
def managed(house: House, variable: str, *, user: str, own: Sequence[Secret] = ()) -> Iterator[Acl]:
    """Log in as an administrator: the one of the variable, else the app's own user.

    Args:
        house: the house.
        variable: that may hold an administrator's URI.
        user: whose credential is renewed. An administrator that is this user changes its own
            password, so that the variable's may be dead by now.
        own: URIs of the app's own user, where it may manage itself; the first that is let in is
            taken.

    Raises:
        NoAdmin: there is nobody to log in as.
        AclError: no answer, or nobody is let in.
    """
    given = house.environment.get(variable)
    ways = list(own)
    if given:
        admin = Secret(given)
        ways = [*own, admin] if own and house.acl.link(admin).user == user else [admin]
    if not ways:
        raise NoAdmin(variable, like="redis://ADMIN:PASSWORD@HOST:6379")
    with ExitStack() as opened:
        yield _first(house, ways, opened)


def removing(user: str) -> str:
    """What to type to remove a user by hand."""
    return f"ACL DELUSER {user}"


def _first(house: House, ways: Sequence[Secret], opened: ExitStack) -> Acl:
    for place, uri in enumerate(ways, start=1):
        try:
            return opened.enter_context(house.acl.manage(uri))
        except AclLoginRefused:
            if place == len(ways):
                raise
    raise AssertionError("the caller gives one at least")


def password_of(house: House, uri: Secret) -> Secret:
    """The password of a URI, decoded.

    Raises:
        NotVerified: it has none.
    """
    found = house.acl.password(uri)
    if found is None:
        raise NotVerified("the URI has no password", why="it had one when the rotation began")
    return found


class OfServer:
    """What all of these handlers need."""

    def __init__(self, house: House, target: Target) -> None:
        self._house = house
        self._target = target

    def _managed(
        self, step: OfUser, walk: Walk, *, otherwise: Sequence[Secret] = ()
    ) -> AbstractContextManager[Acl]:
        """An administrator's connection; the user's own with whichever password is in force.

        Args:
            step: on whose user.
            walk: its escrow holds the passwords.
            otherwise: where it holds none yet.
        """
        own: Sequence[Secret] = ()
        if step.manages_itself:
            values = [walk.escrow.get(value_of(step.secret, age=age)) for age in ("new", "old")]
            own = [Secret(value.decode()) for value in values if value is not None] or otherwise
        return managed(self._house, step.admin_uri, user=step.user, own=own)

    def _is_alive(self, uri: Secret) -> bool:
        """Whether the server takes the login.

        Raises:
            NotVerified: it does not say.
        """
        login = self._house.acl.try_login(uri)
        if login.answer in _ALIVE:
            return True
        if login.answer.refused:
            return False
        raise NotVerified(
            f"{login.where} does not say whether it takes the password", why=login.reason
        )

    def _is_refused(self, walk: Walk, secret: str) -> bool:
        """The old credential is refused, and again on another connection."""
        old = kept(walk, secret, age="old")
        return not self._is_alive(old) and not self._is_alive(old)

    def _subject(self, user: str, secret: str, walk: Walk) -> dict[str, str]:
        where = self._house.acl.link(kept(walk, secret, age="new")).where
        return {"user": user, "server": where, "secret": secret}

    def _refusal(self, user: str, secret: str, walk: Walk) -> Proof:
        return Proof(
            claim="credential.refused",
            subject=self._subject(user, secret, walk),
            holds=self._is_refused(walk, secret),
            facts={"attempts": 2},
        )
