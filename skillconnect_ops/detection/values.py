"""What a value looks like: a placeholder, a reference, a word, an id, or something random."""

import math
import re
from collections import Counter

VARIABLE = re.compile(
    r"""(?xi) ^ (?: \$\{[^}]*\} | \$\([^)]*\) | \$\$?[a-z_]\w* | %[a-z_]\w*% | \{\{.*\}\} | \{%.*%\}
        | \#\{.*\} | @[\w.-]+@ | \{[\w.:$]*\} | %\(?[\w.]*\)?[sdvq] | <%.*%> | !\w+\s.* | \$env:\w+
        | \$\[.*\] | \?{1,3} | :\w+ )+ $ """
)
"""The whole value is put in from elsewhere: `${X}`, `$X`, `{{ x }}`, `%s`."""
HALF_VARIABLE = re.compile(r"\$\{|\{\{|\$\(|#\{|%\(\w+\)s|<%=")
LOOKED_UP = re.compile(
    r"""(?xi) process\.env | import\.meta\.env | os\.environ | getenv | \benv\( | \bENV\[
      | System\.get | ^(?:vault|ssm|secret|ref|keyring|op|sops|env|file|arn|projects)(?::|\+|/)\S*/
      | secretKeyRef | valueFrom | ^secrets?\.\w+ | ^config\.\w+ | ^sm:// | fromJson\( | ^data\.\w+\."""
)
PLACEHOLDER = re.compile(
    r"""(?xi) ^<.*>$ | ^\[.*\]$ | ^\(.*\)$ | ^__.+__$ | ^\*+$ | ^[x*._\-?0#•\s]+$ | \.\.\.$ | …
      | x{5,} | \*{3,} | ^(?:your|my|some|any|the|a|an|this|our|their)[-_ ]?\w*[-_ ]?
              (?:secret|password|passwd|pass|pwd|key|token|value|cred|api|here|user|app|string)
      | your[-_ ]?\w+[-_ ]?(?:here|key|token|secret|password) | (?:goes|put|paste|insert)[-_ ]?here
      | change[-_ ]?(?:me|this|it) | replace[-_ ]?(?:me|this|with)
      | place[-_ ]?holder | example | dummy | sample | redacted | removed | fixme | \b(?:todo|tbd)\b
      | not[-_ ]?(?:a[-_ ]?)?(?:real|secret|set) | \bfake | ^fake | lorem | foo[-_]?bar | ^(?:foo|bar|baz|qux)\d*$
      | ^test(?:ing)?[-_]?(?:\w*(?:key|token|secret|pass(?:word)?|value))?\d*$ | ^<|>$
      | generate[-_ ] | ^(?:openssl|node|python)\s | deadbeef | 0123456789 | 1234567890 | abcdef(?:gh|0)
      | ^(?:none|null|nil|undefined|true|false|yes|no|on|off|empty|optional|required|default|n/?a
          |string|number|boolean|bool|object|array|any|unset|hidden|masked|encrypted|disabled)$"""
)
EVERYBODYS = frozenset(
    ["password", "passw0rd", "pass", "passwd", "pwd", "secret", "admin", "root", "user", "guest", "test", "123456", "12345", "1234", "12345678", "123456789", "qwerty", "letmein", "welcome", "toor", "changeit", "mysql", "postgres", "redis", "mongo", "mongodb", "rabbitmq", "password1", "password123", "pass123", "admin123", "root123", "test123", "secret123", "keyboard", "minioadmin", "hunter2", "abc123", "111111", "000000", "token", "key", "apikey", "default"]
)
SURE_PLACEHOLDER = re.compile(
    r"(?i)example|x{5,}|\*{3,}|\.\.\.|deadbeef|0123456789|1234567890|abcdefgh|placeholder|redacted"
    r"|change[-_ ]?me|(?:^|[^a-z])your[-_]|(.)\1{7,}"
)
"""What no real key holds; the looser words above may stand in a random one by chance."""
OBJECT_ID = re.compile(r"[0-9a-f]{24}$|[0-9A-F]{24}$")
UUID = re.compile(r"(?i)[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
ETAG = re.compile(r'^(?:W/)?\\?"[\w+/=-]+\\?"$|^W/')
INTEGRITY = re.compile(r"^sha(?:1|256|384|512)[-:=]|^[\da-f]{40}$|^md5[-:]")
PATH = re.compile(
    r"^(?:~|\.{1,2})?/[\w.@/ -]+$|^[A-Za-z]:\\|^(?:[\w@-]+/)+[\w-]+\.\w{1,5}$|\.(?:pem|key|crt|json|txt|ya?ml|pub|js|ts|html?|png|svg|css)$"
)
ADDRESS = re.compile(
    r"^(?:[a-z][a-z0-9+.-]*:)?//[^\s@]+$|^[\w.+-]+@[\w-]+\.[\w.]+$|^[\w-]+(?:\.[\w-]+)+(?::\d+)?(?:/\S*)?$"
)
IDENTIFIER = re.compile(r"^[A-Za-z_$@#.][A-Za-z_$ ]*(?:[-_.:/ ]+[A-Za-z_$]+)*[!?.:]?$")
CALL = re.compile(
    r"^[A-Za-z_$][\w$.]*\(.*$|=>|\bfunction\b|^(?:new|await|return|typeof)\s|^!?[\w$]+(?:\?\.|\.)[\w$.]+[;,)]*$|^\w+\[|^[({\[].*"
)
CODE = re.compile(r"[{}();]\s|\s(?:&&|\|\||===?|!==?|\+)\s|^\s*[+&|)\],;]|\bfunction\b|\breturn\b")
DATE_OR_NUMBER = re.compile(
    r"^[+-]?\d{1,9}(?:\.\d+)?(?:ms|s|m|h|d|px|em|%|kb|mb)?$|^\d{4}-\d\d-\d\d"
)
HASHED = re.compile(
    r"^\$(?:2[abxy]|1|5|6|7|y|gy|apr1|argon2(?:id|i|d)|pbkdf2[\w-]*|scrypt)\$|^\{S?SHA|^(?:pbkdf2|bcrypt|argon2)[_$]"
)


def entropy_bits(value: str) -> float:
    """Shannon's entropy of the value's own characters, times its length: an upper bound."""
    if not value:
        return 0.0
    length = len(value)
    counts = Counter(value).values()
    return -sum(count * math.log2(count / length) for count in counts)


def looks_random(value: str) -> bool:
    """Long, of mixed characters and without much repetition, as keys are made."""
    if len(value) < 16 or not any(map(str.isalpha, value)):
        return False
    if not any(map(str.isdigit, value)) and not _mixed_case(value):
        return False
    return entropy_bits(value) >= 48 and not _reads_as_words(value)


def _mixed_case(value: str) -> bool:
    """Capitals all over, where words have one at their beginning."""
    return 0.3 < sum(map(str.isupper, value)) / len(value) < 0.7 and not value.isupper()


def _reads_as_words(value: str) -> bool:
    """`user_session_v2_handler`: parts of letters only, with a digit here and there."""
    parts = [part for part in re.split(r"[^A-Za-z0-9]+", value) if part]
    if len(parts) < 2:
        return False
    plain = sum(
        len(part) for part in parts if re.fullmatch(r"[A-Za-z]?[a-z]+\d?|[A-Z]+\d?|\d{1,2}", part)
    )
    return plain >= 0.75 * sum(map(len, parts))
