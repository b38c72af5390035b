"""How hard a value is to guess, at least: an estimate that would rather be too low.

The least of three:

- `zxcvbn`'s estimate of the guesses of somebody who knows dictionaries, names, common passwords,
  keyboard walks, dates, repeats and letters written as digits; what it does not recognise counts
  3.3 bits a character, a little more than half of what a random letter or digit has;
- the entropy of the value's own letter frequencies (Shannon), which is low for few different
  letters, and below the truth for every short text;
- as a phrase: each dictionary word counts 6 bits, since people do not draw words at random; each
  sign between words 5 bits once and 1 bit when it comes again; all else 3.3 bits a character.

Of a URI it is its password that counts, percent-decoded. A random value of 32 hex digits has 105
bits here, and 128 in truth. Random letters and digits count as strong from about 28 on; a shorter
one, though it may be as good, stays on one machine: that costs reach, not safety.
"""

import math
from collections import Counter
from functools import cache, lru_cache

from skillconnect_ops.core.secret import Secret
from skillconnect_ops.evidence.forms import password_of

ENOUGH_BITS = 80
"""From here on a fingerprint may be shared: with the ledger's key, too, it cannot be guessed."""
_LOOKED_AT = 72
"""Characters that zxcvbn is given: more make it slow, and a value is no weaker for going on."""
_WORD_BITS = 6.0
_LONGEST_WORD = 20
_LETTER_BITS = math.log2(10)


def bits(secret: Secret) -> int:
    """The estimate, in whole bits."""
    value = password_of(secret.reveal()) or secret.reveal()
    if not value:
        return 0
    return math.floor(min(_guesses(value), _frequencies(value), _phrase(value)))


def is_weak(secret: Secret) -> bool:
    """Whether its fingerprint must not be shared."""
    return bits(secret) < ENOUGH_BITS


@lru_cache(16)  # a rotation asks for the same value several times, and each answer takes a while
def _guesses(value: str) -> float:
    from zxcvbn import zxcvbn  # noqa: PLC0415 - its word lists take a moment

    return math.log2(max(1, int(zxcvbn(value[:_LOOKED_AT])["guesses"])))


def _frequencies(value: str) -> float:
    counts = Counter(value).values()
    return -sum(n * math.log2(n / len(value)) for n in counts)


def _phrase(value: str) -> float:
    """The cheapest way to spell the value in words and single signs, case set aside."""
    text, words = value.lower(), _words()
    cheapest = [0.0]
    signs: set[str] = set()
    for end, sign in enumerate(text, start=1):
        costs = [cheapest[-1] + (_LETTER_BITS if sign.isalnum() else _sign_bits(sign, signs))]
        if sign.isalpha():
            costs += [
                cheapest[begin] + _WORD_BITS
                for begin in range(max(0, end - _LONGEST_WORD), end - 2)
                if text[begin:end] in words
            ]
        cheapest.append(min(costs))
    return cheapest[-1]


def _sign_bits(sign: str, before: set[str]) -> float:
    known = sign in before
    before.add(sign)
    return 1.0 if known else 5.0


@cache
def _words() -> frozenset[str]:
    """Words of zxcvbn's lists from three letters on; shorter ones are in every random text."""
    from zxcvbn.frequency_lists import FREQUENCY_LISTS  # noqa: PLC0415 - see above

    return frozenset(word for words in FREQUENCY_LISTS.values() for word in words if len(word) > 2)
