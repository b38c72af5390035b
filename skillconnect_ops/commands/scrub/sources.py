"""Which values are to go, and whether they still open anything."""

import codecs
from collections.abc import Iterable, Iterator, Mapping

from msgspec.structs import replace

from skillconnect_ops.commands import retired as known
from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.scrub.errors import (
    NobodyKnows,
    NotValues,
    StillWorking,
    ValueTooShort,
)
from skillconnect_ops.commands.scrub.model import LEAST_BYTES, STDIN, Standing, Value, Wish
from skillconnect_ops.commands.scrub.opening import values_in
from skillconnect_ops.core.errors import SkcError
from skillconnect_ops.core.secret import Secret
from skillconnect_ops.core.settings.errors import SettingsNotFound
from skillconnect_ops.disk.errors import explain
from skillconnect_ops.evidence.forms import forms, options_of, password_of
from skillconnect_ops.evidence.matching import Refusal, Retired

_BEGIN, _END = "-----BEGIN ", "-----END "


def named(house: House, wish: Wish) -> tuple[Value, ...]:
    """The values that were given themselves: a line each, empty ones left out.

    Raises:
        SkcError: the file cannot be read.
        ValueTooShort: one would stand everywhere by chance.
    """
    found: dict[Secret, Value] = {}
    for place, text in _texts(house, wish):
        if "\0" in text:
            raise NotValues(place, why="there is a NUL byte in it")
        for number, line in _lines(text):
            label = f"line {number} of {place}"
            value = Value(secret=Secret(line), label=label)
            if len(value.data) < LEAST_BYTES:
                raise ValueTooShort(label, least=LEAST_BYTES)
            found.setdefault(value.secret, value)
        if not found:
            raise NotValues(place, why="there is no value in it")
    if wish.bundle is not None:
        for value in values_in(house, house.environment.folder / wish.bundle, wish.identity):
            found.setdefault(value.secret, value)
    return tuple(found.values())


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Values, each with the number of its first line; a PEM block is one.

    Other letters than a line feed that end lines may stand in a value.
    """
    block: list[str] = []
    for number, whole in enumerate(text.split("\n"), 1):
        line = whole.strip()
        if block or line.startswith(_BEGIN):
            block.append(line)
            if line.startswith(_END):
                yield number - len(block) + 1, "\n".join(block)
                block = []
        elif line:
            yield number, line
    if block:
        raise NotValues("the file", why="a PEM block in it does not end")


def _texts(house: House, wish: Wish) -> Iterator[tuple[str, str]]:
    if wish.values_from == STDIN:
        yield "stdin", house.person.piped_secret(None).reveal()
    elif wish.values_from is not None:
        try:
            raw = house.disk.read(house.environment.folder / wish.values_from)
        except OSError as error:
            raise explain(error, f"read {wish.values_from}") from error
        yield str(wish.values_from), _decoded(raw)
    if wish.descriptor is not None:
        yield f"descriptor {wish.descriptor}", house.person.piped_secret(wish.descriptor).reveal()


def _decoded(raw: bytes) -> str:
    """With a byte order mark by that, as some shells write it; else as UTF-8."""
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return raw.decode("utf-16", "replace")
    return raw.removeprefix(codecs.BOM_UTF8).decode("utf-8", "surrogateescape")


def judged(house: House, values: Iterable[Value]) -> tuple[Value, ...]:
    """Each with what is known of it: by the ledger of retired secrets, and the env files in use.

    A URI may hold more secrets than its password: it is as dangerous as the worst of them.
    """
    values = tuple(values)
    in_use = _in_use(house)
    inner = {secret for value in values for secret in _inner(value.secret)}
    try:
        entire = known.compared(house, (value.secret for value in values), parts=False).found
        parts = known.compared(house, inner, parts=False).found
    except SkcError:
        entire, parts = {}, {}
    return tuple(_judged(value, in_use, entire, parts) for value in values)


def _judged(
    value: Value,
    in_use: frozenset[str],
    entire: Mapping[Secret, Retired],
    parts: Mapping[Secret, Retired],
) -> Value:
    entry = entire.get(value.secret)
    inner = _inner(value.secret)
    label = value.label
    if entry is not None:
        standing = _by_ledger(entry)
        label = f"{label} ({known.says(entry)})"
    elif inner:
        standing = max(map(_by_ledger, map(parts.get, inner)), key=_DANGER.index)
        says = [known.says(found) for found in map(parts.get, inner) if found is not None]
        label = f"{label} (in it: {', '.join(says)})" if says else label
    else:
        standing = Standing.UNKNOWN
    if not all(map(in_use.isdisjoint, map(_spelled, (value.secret, *inner)))):
        standing = Standing.WORKING
    return replace(value, standing=standing, label=label, entire=entry is not None)


_DANGER = (Standing.REFUSED, Standing.RETIRED, Standing.UNKNOWN, Standing.WORKING)


def _by_ledger(entry: Retired | None) -> Standing:
    if entry is None:
        return Standing.UNKNOWN
    proven = entry.retirement.refusal is not Refusal.UNPROVEN
    return Standing.REFUSED if proven else Standing.RETIRED


def _inner(value: Secret) -> tuple[Secret, ...]:
    """The secrets in a URI: its password, and those of its options."""
    password = password_of(value.reveal())
    each = (*((password,) if password else ()), *options_of(value.reveal()))
    return tuple(Secret(one) for one in dict.fromkeys(each))


def _spelled(value: Secret) -> frozenset[str]:
    return frozenset(forms(value.reveal()))


def in_use(house: House) -> tuple[tuple[str, Secret], ...]:
    """The variables of any target's env files that are long enough to be looked for."""
    try:
        project = house.project()
    except SettingsNotFound:
        return ()
    return tuple(
        (name, value)
        for target in project.settings.targets
        for name, value in house.env_values(house.target(target)).items()
        if len(value.reveal().encode(errors="surrogateescape")) >= LEAST_BYTES
    )


def _in_use(house: House) -> frozenset[str]:
    """What the env files of any target hold now, and admin users' addresses, in every form."""
    try:
        project = house.project()
    except SettingsNotFound:
        return frozenset()
    every = map(house.target, project.settings.targets)
    admins = (admin for target in every if (admin := house.admin_uri(target)) is not None)
    return frozenset(
        form
        for value in (*(value for _, value in in_use(house)), *admins)
        for each in (value, *_inner(value))
        if len(each.reveal()) >= LEAST_BYTES
        for form in forms(each.reveal())
    )


def must_be_dead(values: Iterable[Value]) -> None:
    """Refuse to tell the world where to look while what stands there still opens something.

    Raises:
        StillWorking: an env file in use holds one, or a login with it works.
        NobodyKnows: nothing is known of one.
    """
    values = tuple(values)
    working = [value.label for value in values if value.standing is Standing.WORKING]
    if working:
        raise StillWorking(working)
    unknown = [value.label for value in values if value.standing is Standing.UNKNOWN]
    if unknown:
        raise NobodyKnows(unknown)
