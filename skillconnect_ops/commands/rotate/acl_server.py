"""What the steps on users of a key-value server have in common: who logs in, and what is proven."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Protocol

from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.rotate.choice import configured
from skillconnect_ops.commands.rotate.errors import NoAdmin, NoSuchSecret, NotVerified
from skillconnect_ops.commands.rotate.model import value_of
from skillconnect_ops.commands.rotate.values import kept
from skillconnect_ops.core.plan import Proof, Walk
from skillconnect_ops.core.ports.acl import Acl, AclAnswer, AclLoginRefused, AclServers
from skillconnect_ops.core.secret import Secret
from skillconnect_ops.core.settings.model import SecretSettings, Target

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
    def manages_itself(self) -> bool:
        """Whether the user may be its own administrator, since it stays."""


@contextmanager
def managed(
    house: House,
    settings: SecretSettings,
    *,
    user: str,
    own: Sequence[Secret] = (),
) -> Iterator[Acl]:
    """Log in as an administrator: the one of the variable, else the app's own user.

    Args:
        house: the house.
        settings: of the secret.
        user: whose credential is renewed. An administrator that is this user changes its own
            password, so that the variable's may be dead by now.
        own: URIs of the app's own user, where it may manage itself; the first that is let in is
            taken.

    Raises:
        NoAdmin: there is nobody to log in as.
        AclError: no answer, or nobody is let in.
    """
    servers = servers_of(house, settings)
    given = house.environment.get(settings.admin_uri)
    ways = list(own)
    if given:
        admin = Secret(given)
        ways = [*own, admin] if own and house.acl.link(admin).user == user else [admin]
    if not ways:
        raise NoAdmin(settings.admin_uri, like="redis://ADMIN:PASSWORD@HOST:6379")
    with ExitStack() as opened:
        try:
            found = _first(servers, ways, opened)
        except AclLoginRefused as error:
            if not given or ways[-1] != Secret(given):
                raise
            what = f"{error.what}, as {settings.admin_uri} has it"
            fix = f"correct {settings.admin_uri}: the URI of a user that may manage users"
            raise AclLoginRefused(what, why=error.why, fix=fix) from error
        yield found


def servers_of(house: House, settings: SecretSettings) -> AclServers:
    """The servers, as they are reached from here."""
    return house.acl.through(settings.connect_map)


def number_of(secret: str) -> str:
    """The name in the escrow of the newest connection's number, when the new password came."""
    return f"{secret} connection"


def removing(user: str) -> str:
    """What to type to remove a user by hand."""
    return f"ACL DELUSER {user}"


def _first(servers: AclServers, ways: Sequence[Secret], opened: ExitStack) -> Acl:
    for place, uri in enumerate(ways, start=1):
        try:
            return opened.enter_context(servers.manage(uri))
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
        return managed(self._house, self._settings(step.secret), user=step.user, own=own)

    def _settings(self, secret: str) -> SecretSettings:
        """What skc.yaml says of the secret now.

        Raises:
            NoSuchSecret: nothing any more.
        """
        known = configured(self._target)
        if secret not in known:
            raise NoSuchSecret(secret, known=sorted(known) or ["none"])
        return known[secret]

    def _is_alive(self, uri: Secret, secret: str) -> bool:
        """Whether the server takes the login.

        Raises:
            NotVerified: it does not say.
        """
        login = servers_of(self._house, self._settings(secret)).try_login(uri)
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
        return not self._is_alive(old, secret) and not self._is_alive(old, secret)

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
