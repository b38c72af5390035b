"""Why a value that a person makes is not taken, or not called revoked. No error holds a value."""

from collections.abc import Sequence

from skillconnect_ops.core.errors import NeedsPerson, Precondition, Refused, UsageError
from skillconnect_ops.core.ports.mail import MailLogin


class OneValueForSeveral(UsageError):
    """A piped value, and not one secret that it could be of."""

    def __init__(self, names: Sequence[str]) -> None:
        listed = ", ".join(names)
        super().__init__(
            "it is not known which secret the value is for",
            why=f"--stdin and --fd give one value, and it could be for {listed}"
            if names
            else "--stdin and --fd give a value of kind manual, and none of that kind is meant",
            fix=f"skc rotate --only {names[0] if names else 'NAME'} --stdin",
        )


class NoMailSetting(Precondition):
    """A variable that `mail:` names holds nothing."""

    def __init__(self, variable: str) -> None:
        super().__init__(
            f"{variable} is not set",
            why="`mail:` in skc.yaml names it, to log in with the new password",
            fix=f"skc env set {variable}   # or write the value itself below `mail:`",
        )


class NotNew(Refused):
    """What was typed is the value that is in use."""

    def __init__(self, env: str) -> None:
        super().__init__(
            f"that is the present value of {env}",
            why="nothing would be renewed",
            fix="make a new one, and give that",
        )


class RetiredBefore(Refused):
    """What was typed was retired once."""

    def __init__(self, env: str) -> None:
        super().__init__(
            f"that value is no new one for {env}",
            why="the ledger knows it: it was retired, and is not to come back",
            fix="make a new one, and give that",
        )


class NotTyped(Precondition):
    """A run that died had not yet kept the value; nothing of it was written."""

    def __init__(self, env: str, *, secret: str) -> None:
        super().__init__(
            f"the new value for {env} is not there any more",
            why="the run that it was typed into ended before anything was written",
            fix=f"skc rotate --only {secret}",
        )


class NewLoginRefused(Precondition):
    """The mail server does not take the new password."""

    def __init__(self, env: str, *, login: MailLogin, user: str) -> None:
        super().__init__(
            f"{login.where} refuses the new {env}",
            why=f"{login.reason}; tried as {user}, and nothing was changed",
            fix="copy it again from where it was made; it may take a minute until it counts",
        )


class LoginUnsure(Precondition):
    """The mail server gave no verdict."""

    def __init__(self, what: str, *, login: MailLogin) -> None:
        super().__init__(
            f"{login.where} does not say {what}",
            why=login.reason,
            fix="check host, port and security below `mail:` in skc.yaml; without `mail:` no "
            "login is tried",
        )


class OldStillWorks(NeedsPerson):
    """The old password opens the mailbox still."""

    def __init__(self, env: str, *, login: MailLogin, where: str) -> None:
        super().__init__(
            f"the old {env} still works",
            why=f"{login.where} has just accepted it, and skc cannot revoke it",
            fix=f"revoke it there: {where}; then: skc rotate finish",
        )


class NotRevoked(Refused):
    """Nobody says that an old value was revoked, and it cannot be tried."""

    def __init__(self, env: str, *, where: str) -> None:
        super().__init__(
            f"the old {env} may still work",
            why="skc can neither revoke nor try it",
            fix=f"revoke it there: {where}; then: skc rotate finish --revoked-by YOUR_NAME",
        )
