"""Why a secret is not rotated. No error holds a value."""

from collections.abc import Sequence
from datetime import datetime

from skillconnect_ops.core.errors import OnlyForward, Precondition, Refused, RolledBack
from skillconnect_ops.core.settings.errors import nearest


class NothingToRotate(Precondition):
    """`skc.yaml` names no secret for this target."""

    def __init__(self, target: str) -> None:
        super().__init__(
            f'the target "{target}" names no secret',
            why=f"targets.{target}.secrets in skc.yaml is empty, and so is its database",
            fix=f"add below targets.{target}.secrets: mongodb: {{kind: mongodb, env: MONGO_URI}}",
        )


class NoSuchSecret(Precondition):
    """`--only` names none."""

    def __init__(self, name: str, *, known: Sequence[str]) -> None:
        near = nearest(name, known)
        super().__init__(
            f'there is no secret "{name}", and no variable of one',
            why=f"skc.yaml names {', '.join(known)}",
            fix=f"skc rotate --only {near}" if near else "name one of those with --only",
        )


class NoSuchConsumer(Precondition):
    """A secret names a reader that the target does not have."""

    def __init__(self, name: str, *, secret: str, target: str, known: Sequence[str]) -> None:
        near = nearest(name, known)
        super().__init__(
            f'the consumer "{name}" of the secret {secret} is not there',
            why=f"targets.{target}.consumers in skc.yaml names {', '.join(known) or 'none'}",
            fix=f"write {near} below secrets.{secret}.consumers"
            if near
            else f"add {name} below targets.{target}.consumers",
        )


class NotInAnyEnvFile(Precondition):
    """Nobody would see the new value."""

    def __init__(self, env: str, *, files: Sequence[str]) -> None:
        super().__init__(
            f"{env} is in no env file of the target",
            why=f"looked in {', '.join(files) or 'none: env_files is empty'}; a new value would "
            "reach nobody",
            fix="name the file that the app reads below env_files in skc.yaml",
        )


class TwoOfOneVariable(Precondition):
    """Two entries below `secrets:` would each write a value of their own into one variable."""

    def __init__(self, variable: str, *, names: tuple[str, str], target: str) -> None:
        one, other = names
        super().__init__(
            f"two secrets are of one variable, {variable}: {one} and {other}",
            why="each would give it a value of its own",
            fix=f"remove one of the two below targets.{target}.secrets in skc.yaml",
        )


class ValuesDiffer(Precondition):
    """Two env files hold two values of one variable."""

    def __init__(self, env: str, *, files: Sequence[str]) -> None:
        super().__init__(
            f"{env} has not the same value everywhere",
            why=f"{', '.join(files)} differ, so that it is not known which one is in use",
            fix=f"skc env set {env} --file {files[0]}",
        )


class NoUser(Precondition):
    """The URI names no user, or the server knows none of that name there."""


class NoAdmin(Precondition):
    """There is no administrator to make a user with."""

    def __init__(
        self,
        variable: str,
        *,
        but: str = "the app's own user may not make another one",
        like: str = "mongodb://ADMIN:PASSWORD@HOST/?authSource=admin",
        or_else: str = "",
    ) -> None:
        super().__init__(
            "there is no administrator to rotate the user with",
            why=f"{variable} is not set, and {but}",
            fix=f"export {variable}={like}{or_else}",
        )


class OneAclUser(Precondition):
    """Two secrets are of one user."""

    def __init__(self, user: str, *, secrets: Sequence[str]) -> None:
        super().__init__(
            f"{' and '.join(secrets)} are both of the user '{user}'",
            why="each of them would make a successor of it, and end the one user of both",
            fix="give each app a user of its own, and write that into its variable",
        )


class DefaultUser(Precondition):
    """The URI is of the user `default`, which cannot be replaced by another one unasked."""

    def __init__(self, secret: str, env: str) -> None:
        super().__init__(
            f"{env} is of the user 'default', which has no successor",
            why="it is who a connection is that names no user: it cannot be removed, and others "
            "may use it",
            fix=f"give the app a user of its own (ACL SETUSER), or write `in_place: true` below "
            f"secrets.{secret} in skc.yaml",
        )


class NoPassword(Precondition):
    """The URI has none, so there is nothing to renew."""

    def __init__(self, env: str) -> None:
        super().__init__(
            f"{env} has no password",
            why="whoever reaches the server is let in, so there is nothing to renew",
            fix="give the server a password first (requirepass, or a user), and write it there",
        )


class AdminIsTheUser(Precondition):
    """The administrator is the very user that is to be replaced."""

    def __init__(self, variable: str, *, user: str, secret: str) -> None:
        super().__init__(
            f"{variable} names the user '{user}', which is to be replaced",
            why="nobody removes the user that they are logged in as",
            fix=f"name another administrator there, or write `in_place: true` below "
            f"secrets.{secret} in skc.yaml",
        )


class SharedUser(Precondition):
    """Several apps are one user, and not all of them are known."""

    def __init__(self, user: str, *, why: str, fix: str) -> None:
        super().__init__(f"the user '{user}' is shared", why=why, fix=fix)


class SlotTaken(Refused):
    """The next name is a user already: another rotation is under way, or never came to its end."""

    def __init__(self, user: str, *, current: str, remove: str) -> None:
        super().__init__(
            f"the user '{user}' is there already",
            why=f"it is where '{current}' would move to: another rotation is under way, here or on "
            "another machine, or one was never finished",
            fix="skc rotate status   # then `skc rotate finish` there; if nobody uses it: "
            f"{remove}",
        )


class LockdownIsForUsers(Refused):
    """What was named is no user of a database."""

    def __init__(
        self, names: Sequence[str], *, only: Sequence[str], overlapping: Sequence[str]
    ) -> None:
        """Say so.

        Args:
            names: what cannot be locked down.
            only: what a person named; nothing where all was meant.
            overlapping: those among the names whose old value works until it is finished.
        """
        named = "".join(f" --only {name}" for name in names if name in only)
        then = "; its old value works until `skc rotate finish`" if overlapping else ""
        super().__init__(
            f"{', '.join(names) or 'nothing'} cannot be locked down",
            why="--lockdown takes the rights of a MongoDB user before it makes another one"
            + (f", which is not done for {', '.join(overlapping)}{then}" if overlapping else ""),
            fix=f"skc rotate{named} --reason leaked"
            + ("   # then at once: skc rotate finish --wait 0" if overlapping else ""),
        )


class NotFinishedYet(Refused):
    """The last rotation of this secret still has its old value to retire."""

    def __init__(self, secret: str, *, journal: str) -> None:
        super().__init__(
            f"the last rotation of {secret} is not finished",
            why=f"its old value still works (run {journal}); two rotations at once would leave "
            "nobody knowing which one is in use",
            fix="skc rotate finish",
        )


class NotAtItsEnd(Refused):
    """A run died half-way, so that nobody knows yet what there is to finish."""

    def __init__(self, name: str, *, says: str, fix: str) -> None:
        super().__init__(f"the run {name} did not come to its end", why=says, fix=fix)


class LeakedHalfWay(Refused):
    """A rotation stopped half-way whose old value leaked; only a person says which way it goes."""

    def __init__(self, names: Sequence[str], *, journal: str) -> None:
        super().__init__(
            f"the rotation of {', '.join(names)} stopped half-way",
            why="the old value leaked, and to put that back unasked would bring it back into use; "
            f"nothing was done (run {journal})",
            fix=f"skc journal resume {journal}   # then: skc rotate finish",
            journal=journal,
        )


class OldKeyVerifies(Refused):
    """The old key of the last rotation is in the ring still."""

    def __init__(self, env: str, *, until: datetime, over: bool) -> None:
        end = f"{until:%Y-%m-%d %H:%M} UTC"
        super().__init__(
            f"the last rotation of {env} is not finished",
            why=f"its old key verified until {end}, and is in the ring still"
            if over
            else f"its old key verifies until {end}; two rotations at once would leave nobody "
            "knowing which keys are in use",
            fix="skc rotate finish"
            + ("" if over else "   # then; --now ends it early, and logs people out"),
        )


class NotReloaded(Refused):
    """Nobody knows whether every instance knows the staged key."""

    def __init__(self, secret: str, env: str, *, who: Sequence[str]) -> None:
        super().__init__(
            f"the staged key of {env} may not be known everywhere",
            why=f"skc has not seen {', '.join(who)} reloaded since it was staged; an instance that "
            "does not know the key refuses what the others sign with it",
            fix=f"restart what is named, then: skc rotate --only {secret} --confirm-reloaded",
        )


class NotLoaded(RolledBack):
    """A consumer says of itself that it runs with another value than the new one."""

    def __init__(self, consumer: str, names: Sequence[str], *, seconds: float) -> None:
        super().__init__(
            f"{consumer} does not run with the new {', '.join(names)}",
            why=f"{seconds:.0f} s later its health answer still tells another generation",
            fix=f"see that {consumer} reads the env file anew when it is reloaded (docker compose "
            f"restart does not; docker compose up -d --force-recreate {consumer} does)",
        )


class StillAccepted(Refused):
    """Nobody knows whether an old value is still accepted by those who read it."""

    def __init__(self, names: Sequence[str], *, who: Sequence[str]) -> None:
        super().__init__(
            f"the old {', '.join(names)} may still be accepted",
            why=f"skc has not reloaded {', '.join(who)} since it was renewed, and what runs with "
            "the old value accepts it until its next start",
            fix="restart what is named, then: skc rotate finish --confirm-reloaded",
        )


class NotSeenReloaded(RolledBack):
    """A consumer's health answer does not tell whether it still accepts an old value."""

    def __init__(self, consumer: str, names: Sequence[str]) -> None:
        super().__init__(
            f"{consumer} may still accept the old {', '.join(names)}",
            why="skc has not reloaded it, and its health answer does not tell what it runs with",
            fix=f"restart {consumer}, then: skc rotate finish --confirm-reloaded",
        )


def without_reload(consumer: str) -> tuple[str, ...]:
    """What a run that is stuck goes on with, where a consumer can be reloaded no more."""
    return ("--without-reload", consumer)


class ReloadFailed(RolledBack):
    """A consumer's reload command ended with an error, or not at all."""

    def __init__(self, consumer: str, *, target: str, why: str, command: str) -> None:
        super().__init__(
            f"the reload of {consumer} failed",
            why=why,
            fix=f"mend what this does: {command}   # or take `reload:` of "
            f"targets.{target}.consumers.{consumer} out of skc.yaml, and restart it by hand",
        )
        self.past = without_reload(consumer)


class ConsumerGone(Precondition):
    """A consumer of a run that is under way is no longer in the settings, or not reloaded there."""

    def __init__(self, consumer: str, *, target: str) -> None:
        super().__init__(
            f"skc.yaml says no longer how {consumer} is reloaded",
            why="a run that is under way has to reload it, and takes its command from there alone",
            fix=f"put `reload:` back below targets.{target}.consumers.{consumer}, then run it",
        )
        self.past = without_reload(consumer)


class NotAnswering(RolledBack):
    """A consumer was well before it was reloaded, and is not since."""

    def __init__(self, consumer: str, url: str, *, seconds: float) -> None:
        super().__init__(
            f"{consumer} does not answer since it was reloaded",
            why=f"{url} was well before, and {seconds:.0f} s later it is not",
            fix=f"see why {consumer} does not start with a new value (its log)",
        )


class StillInUse(RolledBack):
    """Somebody is logged in as the old user, and would be cut off."""

    def __init__(self, user: str, *, who: Sequence[str], seconds: float) -> None:
        super().__init__(
            f"the user '{user}' is still in use after {seconds:.0f} s",
            why=f"connected: {', '.join(who)}; they would be cut off",
            fix="reload what is listed, then: skc rotate finish",
        )


class OnlyNewWorks(OnlyForward):
    """A rotation is to be put back, and the old value of it is dead by now."""

    def __init__(self, secret: str, *, user: str) -> None:
        super().__init__(
            f"the old value of {secret} is refused, so nothing was put back",
            why=f"only the new one, of the user '{user}', is let in; with the old one in its env "
            "file the app would be locked out",
            fix="",  # the engine names the run
        )


class NotVerified(RolledBack):
    """The new credential does not do what the old one did; the plan is put back."""

    def __init__(self, what: str, *, why: str, fix: str = "skc doctor") -> None:
        super().__init__(what, why=why, fix=fix)


class NoSigningKey(Precondition):
    """The variable that signs is absent or empty."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{name} is not set",
            why="it is the key that tokens are signed with, so there is nothing to replace",
            fix=f"skc secrets generate --kind base64url --env {name}",
        )


class MalformedRing(Precondition):
    """A variable of the ring holds what nobody can be sure of; it is left as it is."""

    def __init__(self, variable: str, *, why: str, entry: int | None = None) -> None:
        where = f"entry {entry} of {variable}" if entry is not None else variable
        super().__init__(
            f"{where} cannot be read",
            why=why,
            fix=f"mend or remove {'that entry' if entry is not None else variable} by hand; tokens"
            " that only its key verifies are refused from then on",
        )


class KeyTooShort(Precondition):
    """The new key would be shorter than what it signs with."""

    def __init__(self, size_bytes: int, *, least_bytes: int) -> None:
        super().__init__(
            f"a key of {size_bytes} bytes does not become the new one",
            why=f"HS256 needs {least_bytes} bytes at least (RFC 7518, 3.2)",
            fix="skc secrets generate --kind base64url   # makes one of 32 random bytes",
        )


class KeyInUse(Refused):
    """The key has a part in the ring that forbids the other one."""

    def __init__(self, role: str, *, why: str) -> None:
        super().__init__(
            f"the key {role}",
            why=why,
            fix="skc secrets generate --kind base64url   # and go on with a key that is new",
        )


class NotStaged(Refused):
    """The key that shall sign is not known to the instances that shall verify it."""

    def __init__(self) -> None:
        super().__init__(
            "the key that shall sign is not among those that verify",
            why="an instance that was not restarted yet would refuse what the others sign with it",
            fix="skc rotate   # stages a key first",
        )


class StageExpired(Refused):
    """The staged key stops to verify before every instance can know that it signs."""

    def __init__(self) -> None:
        super().__init__(
            "the staged key verifies for less time than the restarts take",
            why="an instance that was not restarted yet would refuse what the others sign with it",
            fix="skc rotate   # stages it anew",
        )


class SharedKey(Refused):
    """Two rings hold one key."""

    def __init__(self, one: str, other: str) -> None:
        super().__init__(
            f"{one} and {other} share a key",
            why="a token that is signed for one of them is good for the other, too",
            fix=f"skc secrets generate --kind base64url --env {other} --replace",
        )
