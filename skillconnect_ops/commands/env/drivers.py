"""Which database an address leads to, where the variable's name does not say it.

By the scheme of the present value (of which nothing else is taken), else by `skc.yaml`, else by the
driver that the code imports; where several are imported, nothing is said.
"""

import re
from collections.abc import Iterable, Mapping

from skillconnect_ops.core.regex import regex

PLACEHOLDERS: Mapping[str, str] = {
    "mongodb": "mongodb://[username]:[password]@[host]:27017/[database]",
    "mongodb+srv": "mongodb+srv://[username]:[password]@[cluster].mongodb.net/[database]",
    "postgresql": "postgresql://[username]:[password]@[host]:5432/[database]",
    "mysql": "mysql://[username]:[password]@[host]:3306/[database]",
    "redis": "redis://[username]:[password]@[host]:6379/0",
    "amqp": "amqp://[username]:[password]@[host]:5672/[vhost]",
}
"""By scheme; no other one is taken from a value."""
DATABASES = frozenset({"mongodb", "mongodb+srv", "postgresql", "mysql"})
_ALIKE = {"postgres": "postgresql", "rediss": "redis", "amqps": "amqp", "mariadb": "mysql"}
_SCHEME = regex(r"\s*([A-Za-z][A-Za-z0-9+.-]*)://")
_NAMED = regex(r"MONGO|POSTGRES|PG|MYSQL|MARIA|REDIS|AMQP|RABBIT|PRISMA")
_JAVASCRIPT = r"(?:\bfrom\s*|\bimport\s*|\brequire\s*\(\s*|\bimport\s*\(\s*)[\"'](?:{names})[\"'/]"
_PYTHON = r"^[ \t]*(?:import|from)[ \t]+(?:{names})\b"
_PRISMA = r"\bprovider\s*=\s*\"(?:{names})\""
_DRIVERS = {
    "mongodb": (r"mongoose|mongodb", r"pymongo|motor|mongoengine|beanie", r"mongodb"),
    "postgresql": (r"pg|pg-promise|postgres", r"psycopg2?|asyncpg", r"postgresql"),
    "mysql": (r"mysql2?|mariadb", r"pymysql|MySQLdb|aiomysql", r"mysql"),
}
_IMPORTS = {
    scheme: regex(
        "|".join(
            pattern.format(names=names)
            for pattern, names in zip((_JAVASCRIPT, _PYTHON, _PRISMA), each, strict=True)
        ),
        re.MULTILINE,
    )
    for scheme, each in _DRIVERS.items()
}


def scheme_of(value: str | None) -> str | None:
    """The scheme of an address, as `PLACEHOLDERS` spells it; None of anything else."""
    found = _SCHEME.match(value or "")
    if found is None:
        return None
    scheme = found[1].lower()
    scheme = _ALIKE.get(scheme, scheme)
    return scheme if scheme in PLACEHOLDERS else None


def says_which(name: str) -> bool:
    """Whether a variable's name says to which product it leads."""
    return _NAMED.search(name.upper()) is not None


def imported(texts: Iterable[str]) -> str | None:
    """The scheme of the one database whose driver these texts import; None of none or several."""
    found: set[str] = set()
    for text in texts:
        found |= {scheme for scheme, pattern in _IMPORTS.items() if pattern.search(text)}
        if len(found) > 1:
            return None
    return next(iter(found), None)


def is_alike(scheme: str, placeholder: str) -> bool:
    """Whether a placeholder leads to the same sort of database."""
    return scheme.partition("+")[0] == (scheme_of(placeholder) or "").partition("+")[0]
