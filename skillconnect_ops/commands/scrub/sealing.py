"""Who can open the bundle."""

from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.scrub import bundle
from skillconnect_ops.commands.scrub.errors import NoSeal, NoSuchRecipient, WeakPassphrase
from skillconnect_ops.commands.scrub.model import Manner
from skillconnect_ops.core import age
from skillconnect_ops.core.errors import SkcError
from skillconnect_ops.core.secret import Secret
from skillconnect_ops.core.settings.errors import SettingsNotFound

_SHORTEST = 10


def must_be_sealable(house: House, manner: Manner) -> None:
    """Look at the recipients before anything is read or done.

    Raises:
        NoSuchRecipient: one is none.
    """
    if manner.plain_bundle:
        return
    try:
        age.recipients(manner.recipients or _recipients(house))
    except age.NotAnAgeKey as error:
        place = "--recipient" if manner.recipients else "backups.recipients in skc.yaml"
        raise NoSuchRecipient(str(error), place=place) from error


def sealed_for(house: House, manner: Manner) -> bundle.Seal:
    """As the person wants it; for a passphrase they may be asked.

    Raises:
        NoSeal: there is nobody to ask.
        WeakPassphrase: what they type is short, or differs the second time.
    """
    if manner.plain_bundle:
        return bundle.Seal()
    recipients = manner.recipients or _recipients(house)
    if recipients:
        return bundle.Seal(recipients=recipients)
    given = house.environment.get(bundle.PASSPHRASE)
    if given:
        return bundle.under_passphrase(_strong(Secret(given)))
    try:
        typed = house.person.ask_secret("passphrase for the bundle")
        repeated = house.person.ask_secret("the same once more")
    except SkcError as error:
        raise NoSeal from error
    if not typed:
        raise NoSeal
    if typed != repeated:
        raise WeakPassphrase("what was typed the second time is something else")
    return bundle.under_passphrase(_strong(typed))


def _strong(passphrase: Secret) -> Secret:
    if len(passphrase.reveal()) < _SHORTEST:
        raise WeakPassphrase(f"it holds every secret; a passphrase has {_SHORTEST} letters or more")
    return passphrase


def _recipients(house: House) -> tuple[str, ...]:
    try:
        targets = house.project().settings.targets.values()
    except SettingsNotFound:
        return ()
    each = (target.backups for target in targets if target.backups is not None)
    return tuple(dict.fromkeys(one for backups in each for one in backups.recipients))


def is_sealed_to(house: House, manner: Manner) -> bool:
    """Whether public keys seal it, and no passphrase."""
    return not manner.plain_bundle and bool(manner.recipients or _recipients(house))


def says_how(house: House, manner: Manner) -> tuple[str, ...]:
    """For the plan, where somebody will have to type something."""
    if (
        manner.plain_bundle
        or is_sealed_to(house, manner)
        or house.environment.get(bundle.PASSPHRASE)
    ):
        return ()
    return (f"you are asked for the bundle's passphrase; in scripts export {bundle.PASSPHRASE}",)
