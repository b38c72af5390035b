"""What a value looks like: a placeholder, a reference, a word, an id, or something random."""

import math
from collections import Counter
from functools import lru_cache

from skillconnect_ops.core.regex import regex

VARIABLE = regex(
    r"""(?xi) ^ (?: (?: \$\{[^}]*\} | \$\([^)]*\) | \$\$?[a-z_]\w* | %[a-z_]\w*%
        | \{\{[^{}]*\}\} | \{%[^%]*%\} | \#\{[^}]*\} | @[\w.-]+@ | \{[\w.:$]*\}
        | %\(?[\w.]*\)?[sdvq] | <%[^%]*%> | \$env:\w+ | \$\[[^\]]*\] | :[a-z]\w* )+
        | !\w+\s.* | \?{1,3} ) $ """
)
"""The whole value is put in from elsewhere: `${X}`, `$X`, `{{ x }}`, `%s`."""
HALF_VARIABLE = regex(r"[$#]\{[^}]*\}|\{\{[^}]*\}\}|\$\([^)]*\)|%\(\w+\)s|<%=[^%]*%>")
LOOKED_UP = regex(
    r"""(?xi) process\.env | import\.meta\.env | os\.environ | getenv | \benv\( | \bENV\[
      | System\.get | secretKeyRef | valueFrom | fromJson\( | ^(?:secrets?|config|data)\.\w+
      | ^(?:vault|ssm|secret|sm|ref|keyring|op|sops|env|file|arn|projects)(?::|\+|/)\S*/"""
)
PLACEHOLDER = regex(
    r"""(?xi) ^<.*>$ | ^\[.*\]$ | ^\(.*\)$ | ^__.+__$ | ^\*+$ | ^[x*._\-?0#•\s]+$ | \.\.\.$ | …
      | x{5,} | \*{3,} | ^(?:(?:your|my|some)[-_ ]?|(?:any|the|an?|this|our|their)[-_ ])\w*[-_ ]?
              (?:secret|password|passwd|pass|pwd|key|token|value|cred|api|here|user|app|string)
      | your[-_ ]?\w+[-_ ]?(?:here|key|token|secret|password) | (?:goes|put|paste|insert)[-_ ]?here
      | change[-_ ]?(?:me|this|it) | replace[-_ ]?(?:me|this|with)
      | place[-_ ]?holder | example | dummy | sample | redacted | removed | fixme
      | \b(?:todo|tbd)\b
      | not[-_ ]?(?:a[-_ ]?)?(?:real|secret|set) | \bfake | lorem | foo[-_]?bar
      | ^(?:foo|bar|baz|qux)\d*$
      | ^test(?:ing)?[-_]?(?:\w*(?:key|token|secret|pass(?:word)?|value))?\d*$ | ^<|>$
      | generate[-_ ] | ^(?:openssl|node|python)\s | deadbeef | 0123456789 | 1234567890
      | abcdef(?:gh|0)
      | ^(?:none|null|nil|undefined|true|false|yes|no|on|off|empty|optional|required|default|n/?a
          |string|number|boolean|bool|object|array|any|unset|hidden|masked|encrypted|disabled)$"""
)
EVERYBODYS = regex(
    r"""(?xi) (?: (?:pass(?:w(?:or)?d)? | pwd | passw0rd | secret | admin | root | user | guest
                    | test)
                  (?:\d{0,3}|1234|12345)
      | 1{3,8} | 0{3,8} | 1234\d{0,5} | qwerty | letmein | welcome1? | toor | changeit | hunter2
      | mysql | postgres | redis | mongo | mongodb | rabbitmq | minioadmin | keyboard | abc123
      | token | key | apikey | default ) $"""
)
SURE_PLACEHOLDER = regex(
    r"(?i)example|x{5,}|\*{3,}|\.\.\.|deadbeef|0123456789|1234567890|abcdefgh|placeholder|redacted"
    r"|change[-_ ]?me|(?:^|[^a-z])your[-_]|(.)\1{7,}"
)
"""What no real key holds; the looser words above may stand in a random one by chance."""
OBJECT_ID = regex(r"[0-9a-f]{24}$|[0-9A-F]{24}$")
CHAIN_ADDRESS = regex(r"0x[0-9a-fA-F]{40}$")
UUID = regex(r"(?i)[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
ETAG = regex(r'^(?:W/)?\\?"[\w+/=-]+\\?"$|^W/\\?"')
PATH = regex(
    r"^(?:~|\.{1,2})?/[\w.@/ -]+$|^[A-Za-z]:\\|^(?:[\w@-]+/)+[\w-]+\.\w{1,5}$"
    r"|\.(?:pem|key|crt|json|txt|ya?ml|pub|js|ts|html?|png|svg|css)$"
)
ADDRESS = regex(
    r"^(?:[a-z][a-z0-9+.-]*:)?//[^\s@]+$|^[\w.+-]+@[\w-]+\.[\w.]+$"
    r"|^[\w-]+(?:\.[\w-]+)+(?::\d+)?(?:/\S*)?$"
)
IDENTIFIER = regex(r"^[A-Za-z_$@#.][A-Za-z_$ .:/-]*[!?]?$")
CALL = regex(
    r"^[A-Za-z_$][\w$.]*\(.*$|=>|\bfunction\b|^(?:new|await|return|typeof)\s|^!?[\w$]+(?:\?\.|\.)[\w$.]+[;,)]*$|^\w+\[|^[({\[].*"
)
CODE = regex(r"[{}();]\s|\s(?:&&|\|\||===?|!==?|\+)\s|^\s*[+&|)\],;]|\bfunction\b|\breturn\b")
VERSION = regex(
    r"(?i)^(?:[\^~]|[<>]=?|=|v)?\s?\d{1,4}(?:\.(?:\d{1,6}|[x*])){2}(?:[-+][\w.+-]{1,30})?"
    r"(?:\s(?:-|\|\||[<>]).*)?$|^(?:[\^~]|[<>]=?)\d{1,4}(?:\.(?:\d{1,6}|[x*]))?$|^workspace:[\^~*]"
)
"""Of a package, as its manifest asks for it: `^9.0.2`, `>=1.2`, `2.0.0-rc.1`."""
DATE_OR_NUMBER = regex(r"^[+-]?\d{1,9}(?:\.\d+)?(?:ms|s|m|h|d|px|em|%|kb|mb)?$|^\d{4}-\d\d-\d\d")
HASHED = regex(
    r"^\$(?:2[abxy]|1|5|6|7|y|gy|apr1|argon2(?:id|i|d)|pbkdf2[\w-]*|scrypt)\$|^\{S?SHA|^(?:pbkdf2|bcrypt|argon2)[_$]"
)


def entropy_bits(value: str) -> float:
    """Shannon's entropy of the value's own characters, times its length: an upper bound."""
    if not value:
        return 0.0
    length = len(value)
    counts = Counter(value).values()
    return -sum(count * math.log2(count / length) for count in counts)


@lru_cache(16)  # one value is asked about several times in a row
def looks_random(value: str) -> bool:
    """Long, of mixed characters and without much repetition, as keys are made."""
    if len(value) < 16 or not any(map(str.isalpha, value)):
        return False
    if not any(map(str.isdigit, value)) and not _mixed_case(value):
        return False
    return entropy_bits(value) >= 48 and not _reads_as_words(value)


def _mixed_case(value: str) -> bool:
    """Capitals all over, where words have one at their beginning."""
    least = 0.3 if len(value) < 24 else 0.2
    return least < sum(map(str.isupper, value)) / len(value) < 0.8


def _reads_as_words(value: str) -> bool:
    """`user_session_v2_handler`, `web3WalletChallenge`: long runs of letters, few of digits."""
    letters = _RUN.findall(value)
    if not letters or len(_DIGITS.findall(value)) > 2:
        return False
    return sum(map(len, letters)) >= 3 * len(letters)


_RUN = regex(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_DIGITS = regex(r"\d+")


def in_foreign_letters(value: str) -> bool:
    """Mostly letters beyond ASCII: a sentence in some language, not a secret."""
    beyond = sum(ord(character) > 0x7F for character in value)
    return beyond * 2 >= len(value) and not any(map(str.isdigit, value))
