"""A value that a person makes elsewhere: where, how it comes in, and what is tried at first."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from msgspec import Struct

from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.rotate.manual_errors import (
    LoginUnsure,
    NewLoginRefused,
    NoMailSetting,
    NotNew,
    OneValueForSeveral,
    RetiredBefore,
)
from skillconnect_ops.commands.rotate.model import Kind, Named
from skillconnect_ops.core.ports.mail import MailAnswer, MailLogin, MailSecurity, MailServer
from skillconnect_ops.core.secret import Secret
from skillconnect_ops.core.settings.model import MailSettings, SecretSettings, Target
from skillconnect_ops.envfile import parse
from skillconnect_ops.journal.pending import PENDING
from skillconnect_ops.terminal.unseen import taken

_PLACES = (
    (("gmail.com", "google.com"), "https://myaccount.google.com/apppasswords"),
    (
        ("outlook.com", "office365.com", "hotmail.com"),
        "https://mysignins.microsoft.com/security-info",
    ),
    (("sendgrid.net",), "https://app.sendgrid.com/settings/api_keys"),
    (("mailgun.org",), "https://app.mailgun.com, Sending, Domain settings, SMTP credentials"),
    (("amazonaws.com",), "the SES console of AWS, SMTP settings, Create SMTP credentials"),
    (("postmarkapp.com",), "https://account.postmarkapp.com, the server's API tokens"),
    (("brevo.com", "sendinblue.com"), "https://app.brevo.com/settings/keys/smtp"),
    (("yahoo.com",), "https://login.yahoo.com/account/security, app passwords"),
    (("icloud.com", "me.com"), "https://account.apple.com, app-specific passwords"),
)
"""Where the passwords of well-known mail servers are made."""


class Source(Struct, frozen=True, kw_only=True):
    """Where a new value is taken from; typed unseen, where nothing else is named."""

    stdin: bool = False
    descriptor: int | None = None

    @property
    def piped(self) -> bool:
        """Whether one value comes without anybody being asked."""
        return self.stdin or self.descriptor is not None


class Mailbox(Struct, frozen=True, kw_only=True):
    """A login at a mail server, but for the password."""

    server: MailServer
    user: str

    def says(self) -> str:
        """For a plan."""
        return f"{self.server.where} as {self.user}"


class ManualStanding(Struct, frozen=True, kw_only=True):
    """Such a value as it was found."""

    where: str
    """Where a new one is made."""
    token: str
    """Under which the new one is kept until its step takes it."""
    login: str | None
    """Where it is tried, in words."""

    def identity(self) -> str:
        """What a plan is made from."""
        return f"{self.where} {self.login}"


def standing(house: House, target: Target, named: Named) -> ManualStanding:
    """What a plan is made from; nobody is asked for anything yet.

    Raises:
        NoMailSetting: a variable that `mail:` names is in no env file.
    """
    box = mailbox(house, target, named.settings)
    return ManualStanding(
        where=place_of(named.settings, box),
        token=_token(target, named.name),
        login=box.says() if box is not None else None,
    )


def place_of(settings: SecretSettings, box: Mailbox | None) -> str:
    """Where a new value is made, and the old one revoked."""
    if settings.where is not None:
        return settings.where
    if box is None:
        return "wherever it was made"
    host = box.server.host.lower()
    for domains, place in _PLACES:
        if any(host == domain or host.endswith(f".{domain}") for domain in domains):
            return place
    return f"the account of {box.user} at {box.server.host}, app passwords"


def mailbox(house: House, target: Target, settings: SecretSettings) -> Mailbox | None:
    """The login that is to be tried; None where none is asked for.

    Raises:
        NoMailSetting: a variable that `mail:` names is in no env file.
    """
    mail = settings.mail
    if mail is None:
        return None
    values = house.env_values(target)
    root = house.project().root
    return Mailbox(
        server=MailServer(
            host=_word(mail.host, values),
            port=mail.port,
            security=MailSecurity(mail.security),
            authority=_authority(mail, root),
        ),
        user=_word(mail.user, values),
    )


def must_fit(secrets: Sequence[Named], source: Source) -> None:
    """A piped value is of one secret.

    Raises:
        OneValueForSeveral: there are several, or there is none.
    """
    names = [one.name for one in secrets if one.kind is Kind.MANUAL]
    if source.piped and len(names) != 1:
        raise OneValueForSeveral(names)


def take(house: House, target: Target, named: Named, source: Source) -> None:
    """Take the new value in, and see that it will do, before anything is changed.

    Raises:
        Refused: nobody can be asked; it is the present value, or was retired.
        Precondition: it cannot be read or written, or the mail server does not take it.
    """
    env = named.settings.env
    label = f"new value for {env}"
    box = mailbox(house, target, named.settings)
    value = taken(
        house.person,
        label=label,
        stdin=source.stdin,
        fd=source.descriptor,
        twice=box is None,  # a login tells a slip of the finger as well
    )
    if value == house.env_values(target).get(env):
        raise NotNew(env)
    matches = house.retired().match([value])
    if matches.hits:
        raise RetiredBefore(env)
    if matches.unread:
        house.person.note("warning: a ledger key is missing: not known whether it was retired once")
    root = house.project().root
    for file in named.files:  # what cannot be written is refused here
        parse((root / file).read_bytes()).renewed(env, value.reveal())
    if box is not None:
        must_be_taken(house, box, value, env=env)
    PENDING.keep(_token(target, named.name), value)


def forget(target: Target, secrets: Sequence[Named]) -> None:
    """Let go of what was typed, should no step have taken it."""
    for one in secrets:
        PENDING.take(_token(target, one.name))


def must_be_taken(house: House, box: Mailbox, value: Secret, *, env: str) -> None:
    """The mail server takes it; one attempt.

    Raises:
        NewLoginRefused: it does not.
        LoginUnsure: it did not come to judge it.
    """
    login = tried(house, box, value)
    if login.answer is MailAnswer.REFUSED:
        raise NewLoginRefused(env, login=login, user=box.user)
    if login.answer is not MailAnswer.ACCEPTED:
        raise LoginUnsure(f"whether {env} is accepted", login=login)


def tried(house: House, box: Mailbox, value: Secret) -> MailLogin:
    """One attempt."""
    return house.mail.try_login(box.server, user=box.user, password=value)


def _word(text: str, values: Mapping[str, Secret]) -> str:
    if not text.startswith("env:"):
        return text
    name = text.removeprefix("env:")
    value = values.get(name)
    if not value:
        raise NoMailSetting(name)
    return value.reveal()


def _authority(mail: MailSettings, root: Path) -> Path | None:
    return root / mail.authority if mail.authority is not None else None


def _token(target: Target, name: str) -> str:
    return f"rotate {target.name}/{name}"
