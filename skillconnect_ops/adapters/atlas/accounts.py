"""The users of an Atlas project: `Accounts`, and a user that deletes itself as a safety net."""

import random
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Self

from skillconnect_ops.adapters.atlas import errors, probing, shapes
from skillconnect_ops.adapters.atlas.api import ATLAS, TIMEOUT_S, AdminApi
from skillconnect_ops.adapters.atlas.clusters import clusters
from skillconnect_ops.adapters.atlas.credentials import parse
from skillconnect_ops.adapters.atlas.errors import Rejected
from skillconnect_ops.adapters.atlas.network import Network
from skillconnect_ops.adapters.atlas.patience import Limits, Patience
from skillconnect_ops.adapters.atlas.wanted import (
    CERTIFICATES_LIVE_IN,
    check_account,
    check_expiry,
)
from skillconnect_ops.core.outcome import Fact, Missing
from skillconnect_ops.core.plan import Clock
from skillconnect_ops.core.ports.accounts import (
    Account,
    AccountError,
    AccountExists,
    AccountGone,
    AccountIsExternal,
    AccountSession,
    Role,
)
from skillconnect_ops.core.ports.atlas import (
    USERS_LIVE_IN,
    AccessEntry,
    AccessFact,
    AtlasCluster,
    AtlasKey,
    LoginSeen,
)
from skillconnect_ops.core.secret import Secret


class ExpiryRemains(AccountError):
    """Atlas took the change, and the user would still delete itself."""


class AtlasAccounts:
    """Implements `core.ports.atlas.AtlasProject`, and so `core.ports.accounts.Accounts`.

    A change is durable when a method returns, and reaches each cluster some seconds later: ask
    `pending` until it names none, then log in for real.

    Args:
        project: the project's id (`group_id`), 24 hexadecimal digits.
        credentials: `mdb_sa_id_…:mdb_sa_sk_…` or `publickey:uuid`.
        clock: waits between attempts.
        origin: which variable the credentials came from, for errors.
        limits: how often and how long a call is tried.
        base_url: Atlas; a test names its own server on this machine.
        timeout_s: of each attempt.
        jitter: gives 0 to 1.

    Raises:
        CredentialsMalformed: they are neither.
    """

    def __init__(
        self,
        project: str,
        credentials: Secret,
        *,
        clock: Clock,
        origin: str = "the variable of database.atlas.credentials",
        limits: Limits | None = None,
        base_url: str = ATLAS,
        timeout_s: float = TIMEOUT_S,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._project = project
        self._clock = clock
        self._api = AdminApi(
            parse(credentials, origin=origin),
            clock=clock,
            limits=limits or Limits(),
            jitter=jitter,
            base_url=base_url,
            timeout_s=timeout_s,
        )
        self._network = Network(self._api, project)

    def find(self, name: str, database: str) -> Account | None:
        """The user of that name, or None."""
        user = self._user(name, database)
        return None if user is None else shapes.account(user)

    def names(self, database: str) -> Sequence[str]:
        """All users of a database, sorted."""
        return self._names(database, self._api.patience())

    def create(
        self, account: Account, password: Secret, *, expires_at: datetime | None = None
    ) -> None:
        """Create the user; with `expires_at` it deletes itself then, unless `make_permanent` ran.

        `mechanisms` are not asked for: Atlas decides them, and does not tell.

        Raises:
            AccountExists: the name is taken.
            PasswordRefused: Atlas does not take the password.
            ExpiryOutOfRange: `expires_at` is past, or more than a week ahead.
            AccountError: the account has what a user of Atlas cannot have.
        """
        check_account(account)
        check_expiry(expires_at, now=self._clock.now())
        doing = f"create the user '{account.name}'"
        mark = secrets.token_hex(16)

        def is_ours(patience: Patience) -> bool:
            found = self._user(account.name, account.database, patience)
            return found is not None and shapes.creation(found) == mark

        try:
            self._api.call(
                "POST",
                *self._users(),
                doing=doing,
                body=shapes.new_user(
                    account, password, project=self._project, expires_at=expires_at, creation=mark
                ),
                hidden=(password,),
                settled=is_ours,
            )
        except Rejected as error:
            if error.code == errors.USER_EXISTS:
                raise AccountExists(
                    f"the Atlas project {self._project} has a user '{account.name}' already",
                    why="the name is taken, perhaps by a rotation on another machine",
                    fix="skc rotate status",
                ) from error
            raise errors.refused(error, project=self._project, doing=doing) from error

    def set_password(self, name: str, database: str, password: Secret) -> None:
        """Give the user another password.

        It cannot be read back, so after a lost answer it is set once more, to the same.

        Raises:
            AccountGone: there is none.
            AccountIsExternal: it lives in `$external`, and so has no password.
            PasswordRefused: Atlas does not take the password.
        """
        if database == CERTIFICATES_LIVE_IN:
            raise AccountIsExternal(
                f"the user '{name}' of the Atlas project {self._project} has no password",
                why=f"those of '{CERTIFICATES_LIVE_IN}' log in by a certificate or elsewhere",
                fix="renew what it logs in with where that was made",
            )
        self._change(
            name,
            database,
            {"password": password.reveal()},
            doing=f"change the password of '{name}'",
            hidden=(password,),
        )

    def set_roles(self, name: str, database: str, roles: frozenset[Role]) -> None:
        """Give the user exactly these roles; none is written as `shapes.NO_ROLES`.

        Raises:
            AccountGone: there is none.
        """

        def is_so(patience: Patience) -> bool:
            found = self._user(name, database, patience)
            return found is not None and shapes.account(found).roles == roles

        self._change(
            name,
            database,
            {"roles": shapes.role_list(roles)},
            doing=f"change the roles of '{name}'",
            settled=is_so,
        )

    def expires_at(self, name: str, database: str) -> datetime | None:
        """When the user deletes itself; None if it stays.

        Raises:
            AccountGone: there is none.
        """
        user = self._user(name, database)
        if user is None:
            raise self._gone(name, database)
        return shapes.expiry(user)

    def make_permanent(self, name: str, database: str) -> None:
        """Take the expiry of a user away, and look whether it is gone.

        Raises:
            AccountGone: there is none (any more).
            ExpiryRemains: Atlas keeps it.
        """
        self._change(
            name, database, {"deleteAfterDate": None}, doing=f"take the expiry of '{name}' away"
        )
        remains = self.expires_at(name, database)
        if remains is not None:
            raise ExpiryRemains(
                f"the user '{name}' of the Atlas project {self._project} will still delete itself",
                why=f"Atlas took the change and says {shapes.written(remains)}",
                fix="in Atlas: Database Access, edit the user, switch Temporary User off",
            )

    def drop(self, name: str, database: str) -> None:
        """Remove the user; one that is not there is fine."""
        if not _may_exist(name, database):
            return
        with self._of_user(name, database, f"delete the user '{name}'", gone_is_fine=True):
            self._api.call(
                "DELETE",
                *self._users(database, name),
                doing=f"delete the user '{name}'",
                settled=lambda patience: self._user(name, database, patience) is None,
            )

    def sessions(self, name: str, database: str) -> Fact[tuple[AccountSession, ...]]:
        """The Admin API shows none."""
        return Missing(
            "the Atlas Admin API does not show who is logged in; a database user that may run "
            "$currentOp (clusterMonitor) could"
        )

    def pending(self) -> Sequence[str]:
        """Clusters that have not taken over the last change; a paused one does when it resumes."""
        return [one.name for one in self.clusters() if not one.applied and not one.paused]

    def clusters(self) -> Sequence[AtlasCluster]:
        """Every cluster of the project, sorted by name."""
        doing = "list the clusters"
        try:
            return clusters(self._api, self._project)
        except Rejected as error:
            raise errors.explained(error, project=self._project, doing=doing) from error

    def check(self) -> Sequence[AccessFact]:
        """Whether the key will do; reads, and changes nothing."""
        return probing.check(self._api, self._project)

    def access_list(self) -> Sequence[AccessEntry]:
        """From where the clusters can be reached, sorted by value."""
        return self._network.entries()

    def close_access(self, value: str) -> None:
        """Take an entry off the list; one that is not there is fine."""
        self._network.close(value)

    def open_access(self, entry: AccessEntry) -> None:
        """Put an entry on the list; one that is there is replaced by its like."""
        self._network.open(entry)

    def api_keys(self) -> Sequence[AtlasKey]:
        """Who may use the Admin API for this project: keys, and service accounts."""
        return self._network.keys()

    def logins_seen(self) -> Sequence[LoginSeen]:
        """The last logins at each cluster, newest first; a paused or shared one keeps none."""
        return self._network.logins([one.name for one in self.clusters() if not one.paused])

    def close(self) -> None:
        """Give the connections back."""
        self._api.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _users(self, *rest: str) -> tuple[str, ...]:
        return ("groups", self._project, "databaseUsers", *rest)

    def _user(
        self, name: str, database: str, patience: Patience | None = None
    ) -> Mapping[str, Any] | None:
        """The user as Atlas describes it, or None."""
        if not _may_exist(name, database):
            return None
        found: Any = None
        with self._of_user(name, database, f"look up the user '{name}'", gone_is_fine=True):
            found = self._api.call(
                "GET",
                *self._users(database, name),
                doing=f"look up the user '{name}'",
                patience=patience,
            )
        return found if isinstance(found, dict) else None

    def _names(self, database: str, patience: Patience) -> list[str]:
        doing = "list the users"
        try:
            users = self._api.pages(*self._users(), doing=doing, patience=patience)
        except Rejected as error:
            raise errors.explained(error, project=self._project, doing=doing) from error
        return sorted(
            str(user.get("username")) for user in users if user.get("databaseName") == database
        )

    def _change(
        self,
        name: str,
        database: str,
        body: Mapping[str, Any],
        *,
        doing: str,
        hidden: Sequence[Secret] = (),
        settled: Callable[[Patience], bool] | None = None,
    ) -> None:
        if not _may_exist(name, database):
            raise self._gone(name, database)
        with self._of_user(name, database, doing):
            self._api.call(
                "PATCH",
                *self._users(database, name),
                doing=doing,
                body=body,
                hidden=hidden,
                settled=settled,
            )

    @contextmanager
    def _of_user(
        self, name: str, database: str, doing: str, *, gone_is_fine: bool = False
    ) -> Iterator[None]:
        """Say of a rejected request whether the user is gone, or something else is wrong."""
        try:
            yield
        except Rejected as error:
            if not self._says_gone(error, name, database):
                raise errors.refused(error, project=self._project, doing=doing) from error
            if not gone_is_fine:
                raise self._gone(name, database) from error

    def _says_gone(self, error: Rejected, name: str, database: str) -> bool:
        """A 404 may mean the user or the project: where its code does not say, the list does."""
        if error.status != 404 or error.code in errors.NO_PROJECT:
            return False
        return error.code in errors.NO_USER or name not in self._names(
            database, self._api.patience()
        )

    def _gone(self, name: str, database: str) -> AccountGone:
        return AccountGone(
            f"there is no user '{name}' in the Atlas project {self._project}",
            why=f"Atlas lists none of that name for the database '{database}'",
            fix="see Database Access in Atlas, or skc rotate status",
        )


def _may_exist(name: str, database: str) -> bool:
    """Whether Atlas may have such a user: without a name, or elsewhere, it need not be asked."""
    return bool(name) and database in {USERS_LIVE_IN, CERTIFICATES_LIVE_IN}
