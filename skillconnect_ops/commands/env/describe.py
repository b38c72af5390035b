"""Each variable of an example: purpose, need, and what stands for it; pure."""

import re
from collections.abc import Collection, Mapping

from msgspec import Struct

from skillconnect_ops.commands.env.drivers import PLACEHOLDERS, is_alike
from skillconnect_ops.commands.env.registry import Registry
from skillconnect_ops.commands.env.usage import Usage
from skillconnect_ops.core.view import listed
from skillconnect_ops.envfile.values import is_placeholder, is_secret_name, looks_secret

_MOST_PLACES = 3
_HARMLESS = re.compile(
    r"\d{1,7}(?:\.\d{1,3})?(?:ms|s|m|h|d|w|y|kb|mb|gb)?|\d{1,4} ?(?:days?|hours?|minutes?|seconds?)"
    r"|true|false|[a-z]{1,12}(?:[-_,][a-z]{1,12}){0,3}"
    r"|(?:127\.0\.0\.1|0\.0\.0\.0|\*|/[\w./-]{0,60}|(?:[a-z][a-z0-9-]{0,30}\.)+[a-z]{2,10})(?::\d{1,5})?"
    r"|(?:https?|wss?|redis|mongodb|amqp|postgres(?:ql)?|mysql)://"
    r"(?:localhost|127\.0\.0\.1|(?:[a-z][a-z0-9-]{0,30}\.)+[a-z]{2,10})(?::\d{1,5})?"
    r"(?:/[a-z0-9_.-]{0,24}){0,3}"
)
"""Numbers, spans of time, plain words, hosts, and addresses without a user or a key in them."""
_GUARDED = re.compile(r"(?:^|_)(?:PIN|OTP|CODE|SEED|MNEMONIC|IV|SK|PW|PWD|PASS|AUTH)(?:_|$)|HOOK")
_PLAIN = re.compile(r"[A-Za-z0-9_./:@,+%=*~?&-]*")
_GENERATE = "[generate with crypto.randomBytes(32).toString('hex')]"
_SHAPES = (
    (re.compile(r"SECRET(_KEY)?$|(SIGNING|ENCRYPTION)_KEY$|(^|_)SALT$"), _GENERATE),
    (re.compile(r"PASS(WORD|WD|PHRASE)?$"), "[password]"),
    (re.compile(r"TOKEN$"), "[token-from-the-service]"),
    (re.compile(r"KEY$"), "[key-from-the-service]"),
    (re.compile(r"PORT$"), "[port]"),
    (re.compile(r"(URL|URI|ENDPOINT|WEBHOOK)$"), "[url]"),
    (re.compile(r"(EMAIL|MAIL_TO|RECIPIENT)$"), "[you@example.com]"),
    (re.compile(r"HOST(NAME)?$|DOMAIN$"), "[host]"),
    (re.compile(r"^(IS|HAS|USE|ENABLE|DISABLE|ALLOW)_|_(ENABLED|DISABLED)$"), "false"),
    (re.compile(r"(USER|USERNAME|LOGIN)$"), "[username]"),
)


class Variable(Struct, frozen=True, kw_only=True):
    """One line of an example, and what is said above it."""

    name: str
    purpose: str | None
    required: bool
    default: str | None
    """What is used without it, where that is no secret."""
    secret: bool
    placeholder: str
    places: tuple[str, ...]

    @property
    def need(self) -> str:
        """`required`, or `optional, 3000 by default`."""
        if self.required:
            return "required"
        shown = self.default is not None and self.default != "" and len(self.default) <= 60
        return f"optional, {self.default} by default" if shown else "optional"

    @property
    def told(self) -> str:
        """What is said of it besides its purpose."""
        if not self.places:
            return f"{self.need} · no code was seen that reads it"
        return f"{self.need} · read in {listed(self.places, most=_MOST_PLACES)}"


def wanted(
    usages: Mapping[str, Usage],
    held: Collection[str],
    registry: Registry,
    *,
    leads: Mapping[str, str] | None = None,
) -> tuple[Variable, ...]:
    """The variables that an example has to list, in the register's order.

    Args:
        usages: who reads what.
        held: the names in the env files; no value gets here.
        registry: what is known of names.
        leads: the schemes of addresses of which more is known than their names say.
    """
    leads = leads or {}
    read = {name for name in usages if not registry.is_ambient(name)}
    return tuple(
        describe(name, usages.get(name), registry, scheme=leads.get(name))
        for name in sorted(read | set(held), key=registry.rank)
    )


def describe(
    name: str, usage: Usage | None, registry: Registry, *, scheme: str | None = None
) -> Variable:
    """One variable."""
    known = registry.known(name)
    secret = is_secret(name, registry)
    default = usage.default if usage is not None else None
    if default is not None and (leaks(name, default, registry) or not _is_harmless(name, default)):
        default = None
    return Variable(
        name=name,
        purpose=known.purpose if known is not None else None,
        required=usage.required if usage is not None else False,
        default=default,
        secret=secret,
        placeholder=_leading(_placeholder(name, default, registry), scheme),
        places=usage.places if usage is not None else (),
    )


def _leading(placeholder: str, scheme: str | None) -> str:
    """The placeholder of an address of this scheme, where the usual one is of another sort."""
    if scheme is None or is_alike(scheme, placeholder):
        return placeholder
    return PLACEHOLDERS[scheme]


def _is_harmless(name: str, default: str) -> bool:
    """Whether a default in the code may stand in a file that is meant to be committed.

    Only what is no secret by its form: anything else could be one, whatever it is called.
    """
    return _HARMLESS.fullmatch(default) is not None and not _GUARDED.search(name.upper())


def is_secret(name: str, registry: Registry) -> bool:
    """Whether a variable of that name holds a secret: as the register says, else by its shape."""
    known = registry.known(name)
    return known.secret if known is not None else is_secret_name(name)


def leaks(name: str, value: str, registry: Registry) -> bool:
    """Whether a value must not stand in an example, or be copied from code into one."""
    if not value or is_placeholder(value):
        return False
    if looks_secret(value):
        return True
    return is_secret(name, registry) and "://" not in value


def _placeholder(name: str, default: str | None, registry: Registry) -> str:
    if default and _PLAIN.fullmatch(default):
        return default
    known = registry.placeholder(name)
    if known is not None:
        return known
    upper = name.upper()
    return next((text for shape, text in _SHAPES if shape.search(upper)), "[value]")
