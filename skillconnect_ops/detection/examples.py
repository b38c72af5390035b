"""Filling in a detector's examples, so that none of them looks like a secret at rest."""

import random
import re
import string
import uuid

from skillconnect_ops.detection.model import Example

_HOLE = re.compile(r"<(\w+) (\d+)>")
_MIXED = string.ascii_letters + string.digits
ALPHABETS = {
    "alnum": _MIXED,
    "alpha": string.ascii_letters,
    "base32": string.ascii_uppercase + "234567",
    "base64": _MIXED + "+/",
    "bcrypt": _MIXED + "./",
    "bech32": "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L",
    "digits": string.digits,
    "hex": "0123456789abcdef",
}


def filled(example: Example, chance: random.Random) -> str:
    """The example's text with every `<alphabet length>` drawn anew from `chance`."""

    def fill(hole: re.Match[str]) -> str:
        if hole[1] == "uuid":
            return str(uuid.UUID(int=chance.getrandbits(128), version=4))
        alphabet, length = ALPHABETS.get(hole[1]), int(hole[2])
        if alphabet is None:
            return hole[0]
        return "".join(chance.choices(alphabet, k=length))

    return _HOLE.sub(fill, example.text)
