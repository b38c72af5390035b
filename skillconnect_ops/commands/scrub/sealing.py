"""Who can open the bundle."""

from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.scrub import bundle
from skillconnect_ops.commands.scrub.errors import NoSeal, NoSuchRecipient
from skillconnect_ops.commands.scrub.model import Manner
from skillconnect_ops.core import age
from skillconnect_ops.core.errors import SkcError
from skillconnect_ops.core.secret import Secret
from skillconnect_ops.core.settings.errors import SettingsNotFound


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
        NoSeal: there is nobody to ask, or what they type differs.
    """
    if manner.plain_bundle:
        return bundle.Seal()
    recipients = manner.recipients or _recipients(house)
    if recipients:
        return bundle.Seal(recipients=recipients)
    given = house.environment.get(bundle.PASSPHRASE)
    if given:
        return bundle.under_passphrase(Secret(given))
    try:
        typed = house.person.ask_secret("passphrase for the bundle")
        repeated = house.person.ask_secret("the same once more")
    except SkcError as error:
        raise NoSeal from error
    if not typed or typed != repeated:
        raise NoSeal
    return bundle.under_passphrase(typed)


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
