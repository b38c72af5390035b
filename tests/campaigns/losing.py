"""Which request to a server has its answer lost; the wires do as these say."""

import random
from collections.abc import Callable

from tests.campaigns.striking import Strike, When, is_a_look, of_redis
from tests.wire import Loss, Rule

_ASKS = ("usersInfo", "saslStart", "connectionStatus", "aggregate", "insert", "delete", "find")
_CHANGES = ("createUser", "updateUser", "dropUser")
_REDIS_CHANGES = {
    "create": ("SETUSER", "SAVE", "SET", "DEL"),
    "drain": ("LIST",),
    "disable": ("SETUSER",),
    "drop": ("DELUSER", "SAVE"),
}


def losing(strike: Strike, told: Callable[[str], None]) -> Rule:
    """Lose the answer of one request: of the change, or of one that asks.

    What only looks asks several times in a row, and loses the first answer, the second or a third.

    Args:
        strike: what goes wrong.
        told: is given the word of the request that lost its answer.
    """
    words = _redis(strike) if of_redis(strike.step or "") else _mongo(strike)
    left = 1 + (list(When).index(strike.when) if is_a_look(strike.step or "") else 0)

    def rule(message: bytes) -> Loss:
        nonlocal left
        found = next((name for name, word in words if word in message), None)
        if found is not None:
            left -= 1
            if left == 0:
                told(found)
                return Loss.ANSWER
        return Loss.NOTHING

    return rule


def _mongo(strike: Strike) -> list[tuple[str, bytes]]:
    step = strike.step or ""
    verbs = (*_CHANGES, *(("aggregate",) if step.startswith("drain:") else ()))
    if strike.when is not When.DURING or is_a_look(step):
        verbs = (*_CHANGES, *_ASKS)
    kinds = (b"\x01", b"\x02", b"\x03", b"\x04", b"\x10")  # a text, a document, a list, a number
    return [(verb, kind + verb.encode() + b"\0") for verb in verbs for kind in kinds]


def _redis(strike: Strike) -> list[tuple[str, bytes]]:
    """During: one of its changes, by chance; else whatever comes next."""
    verb = (strike.step or "").partition(":")[0]
    if strike.when is not When.DURING or is_a_look(strike.step or ""):
        return [("a request", b"*")]
    changes = _REDIS_CHANGES[verb]
    word = random.Random(strike.at).choice(changes)
    return [(word, f"\r\n{word}\r\n".encode())]
