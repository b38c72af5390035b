"""A keystore: the file itself is the secret.

Java keystores, PKCS#12, KeePass, keychains and Android's: what opens them is a password, mostly a
weak one or one in the build file. Reported whole, by its name and its first bytes.
"""

from collections.abc import Iterable

from skillconnect_ops.core.finding import Severity
from skillconnect_ops.detection.model import Detector, Example, Kin, Span
from skillconnect_ops.detection.page import Page

_SHOWN = 256


def _read(page: Page) -> Iterable[Span]:
    if not page.content.strip():
        return ()
    return (Span(start=0, end=min(len(page.content), _SHOWN)),)


DETECTOR = Detector(
    id="keystore-file",
    what="keystore",
    severity=Severity.HIGH,
    remedy="take it out of the repository; replace the keys in it",
    kin=Kin.NATURE,
    files=r"\.(?:jks|keystore|p12|pfx|pkcs12|kdbx?|bcfks|keychain(?:-db)?|agilekeychain|opvault|ovpn\.key|wallet\.dat)$|/(?:key[34]\.db|wallet\.dat|login\.keychain|cert8\.db\.key)$",
    read=_read,
    hits=(
        Example("\x01\x02 binary store with some bytes", "app/release.jks"),
        Example("\x01\x02 binary store with some bytes", "certs/client.p12"),
    ),
    misses=(
        Example("", "a.jks"),
        Example("some text", "jks.md"),
    ),
)
