"""What a server would refuse of one index, whatever stands in the database. Pure.

Each rule was tried on MongoDB 6.0 and gives what is wrong, with the option (and the names within
it) where it stands.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct

from skillconnect_ops.commands.indexes.model import BRIDGE, GUARD, is_stand_in
from skillconnect_ops.commands.indexes.sameness import LEAST, MOST, SIMPLE, TYPES, is_operators
from skillconnect_ops.core.indexes import ID, ID_INDEX, TEXT, WILDCARD, Index
from skillconnect_ops.core.settings.errors import nearest

MOST_TTL_S = 2_147_483_647
MOST_WEIGHT = 100_000
MOST_BITS = 32
FILTERS = (
    "$eq",
    "$gt",
    "$gte",
    "$lt",
    "$lte",
    "$in",
    "$all",
    "$exists",
    "$type",
    "$geoWithin",
    "$geoIntersects",
    "$within",
)
"""What a condition of a partial index may say."""
_ICU = """
af am ar as az be bg bn bo bs bs_Cyrl ca chr cs cy da de de_AT dsb dz ee el en en_US en_US_POSIX eo
es et fa fa_AF fi fil fo fr fr_CA ga gl gu ha haw he hi hr hsb hu hy id ig is it ja ka kk kl km kn
ko kok ky lb lkt ln lo lt lv mk ml mn mr ms mt my nb ne nl nn om or pa pl ps pt ro ru se si sk sl
smn sq sr sr_Latn sv sw ta te th to tr ug uk ur vi wae yi yo zh zh_Hant zu simple
"""
LOCALES = frozenset(_ICU.split())
"""Those of ICU 57.1; a server takes none in another spelling, and no region beside these."""
_ORDERS = ("search", "eor", "emoji")
_HAN = ("standard", "zhuyin", "big5han", "gb2312han", "unihan")
_MORE_ORDERS: Mapping[str, tuple[str, ...]] = {
    "ar": ("compat",),
    **dict.fromkeys(("bn", "es", "fi", "kn", "vi"), ("traditional",)),
    **dict.fromkeys(("de", "de_AT"), ("phonebook",)),
    "ja": ("unihan",),
    "ko": ("searchjl", "unihan"),
    "ln": ("phonetic",),
    "si": ("dictionary",),
    "sv": ("standard",),
    "zh": (*_HAN, "stroke"),
    "zh_Hant": (*_HAN, "pinyin"),
}
"""What a locale takes as `@collation=`, besides what all but `simple` take; not its usual one."""
_STEMMED = """
none danish da dutch nl english en finnish fi french fr german de hungarian hu italian it norwegian
nb portuguese pt romanian ro russian ru spanish es swedish sv turkish tr
"""
LANGUAGES = frozenset(_STEMMED.split())
"""Of a text index, in small letters."""
_CHOICES: Mapping[str, tuple[Any, ...]] = {
    "caseLevel": (True, False),
    "caseFirst": ("upper", "lower", "off"),
    "strength": (1, 2, 3, 4, 5),
    "numericOrdering": (True, False),
    "alternate": ("non-ignorable", "shifted"),
    "maxVariable": ("punct", "space"),
    "normalization": (True, False),
    "backwards": (True, False),
}
"""What a collation can say besides its locale."""
_OF_REFERENCES = frozenset({"$id", "$ref", "$db"})


class Fault(Struct, frozen=True):
    """What is wrong with an index."""

    where: tuple[str, ...]
    """The option, and the names within it."""
    what: str
    why: str


def faults(index: Index) -> Iterator[Fault]:
    """All that a server would refuse of it."""
    for rule in _RULES:
        yield from rule(index)


def _fields(index: Index) -> Iterator[Fault]:
    for name, direction in index.keys:
        parts = name.split(".")
        where = ("keys", name)
        if not all(parts):
            yield Fault(
                where,
                f'"{name}" is no field',
                "neither a name nor a part of it between two dots can be empty",
            )
        elif parts[-1] == WILDCARD and WILDCARD not in parts[:-1]:
            yield from _wild_field(name, direction)
        elif any(part.startswith("$") for part in parts) and not (
            len(parts) > 1 and parts[-1] in _OF_REFERENCES
        ):
            yield Fault(where, f'"{name}" is no field', "no part of a name begins with $")


def _wild_field(name: str, direction: Any) -> Iterator[Fault]:
    where = ("keys", name)
    if isinstance(direction, str) and not (direction == TEXT and name == WILDCARD):
        why = f"fields that nobody named can be 1, and {WILDCARD} itself `text`"
        yield Fault(where, f"{name} cannot be {direction}", why)
    elif not isinstance(direction, str) and direction < 0:
        yield Fault(where, f"{name} must be 1", "such an index is read in both directions")


def _kinds(index: Index) -> Iterator[Fault]:
    kinds = [direction for _, direction in index.keys if isinstance(direction, str)]
    if kinds.count("hashed") > 1 or kinds.count("2d") > 1:
        twice = "hashed" if kinds.count("hashed") > 1 else "2d"
        yield Fault(("keys",), f"only one field can be {twice}", "MongoDB takes one")
    elif TEXT in kinds and set(kinds) != {TEXT}:
        why = "MongoDB takes no other kind beside it"
        yield Fault(("keys",), "text goes with plain fields only", why)
    elif len(set(kinds)) > 1:
        why = f"MongoDB takes one of {', '.join(sorted(set(kinds)))}"
        yield Fault(("keys",), "an index has one kind besides 1 and -1", why)
    if "2d" in kinds and index.keys[0][1] != "2d":
        why = "the others come behind it"
        yield Fault(("keys",), "the 2d field must be the first", why)
    places = [place for place, (_, direction) in enumerate(index.keys) if direction == TEXT]
    if places and places[-1] - places[0] >= len(places):
        why = "a plain field stands between two of them"
        yield Fault(("keys",), "the text fields must stand side by side", why)
    plain = index.collation is None or index.collation.get("locale") == SIMPLE
    if {TEXT, "2d"} & set(kinds) and not plain:
        why = "text and 2d compare in their own way"
        yield Fault(("collation",), "such an index has no collation", why)


def _names(index: Index) -> Iterator[Fault]:
    name = index.name
    if name is None:
        return
    where = ("name",)
    if name == "*" or "\0" in name:
        yield Fault(where, f"no index can be called {name!r}", "the server has the name for itself")
    elif name == ID_INDEX and index.keys != ((ID, 1),):
        why = "that is the one every collection has, on {_id: 1}"
        yield Fault(where, f"only the index of _id is called {ID_INDEX}", why)
    elif is_stand_in(name):
        yield Fault(
            where,
            f"{name} is a name of skc's own",
            f"what begins with {BRIDGE}_ or {GUARD}_ stands in while an index is rebuilt, and is "
            "dropped then",
        )


def _ttl(index: Index) -> Iterator[Fault]:
    value, name = index.expire_after_s, "expireAfterSeconds"
    if value is None:
        return
    if len(index.keys) != 1:
        what = "only an index of one field can expire documents"
        yield Fault((name,), what, "MongoDB ignores it else")
    elif not 0 <= value <= MOST_TTL_S:
        why = "that is the server's range, in seconds"
        yield Fault((name,), f"{name} must be 0 to {MOST_TTL_S}", why)
    elif index.fields[0] == ID or isinstance(index.keys[0][1], str):
        why = "it takes a plain field with a date"
        yield Fault((name,), "this index cannot expire documents", why)


def _unique(index: Index) -> Iterator[Fault]:
    kinds = {direction for _, direction in index.keys}
    if index.unique and (kinds & {"hashed", TEXT} or index.is_wildcard):
        why = "only plain and geo indexes can"
        yield Fault(("unique",), "such an index cannot be unique", why)


def _wildcard(index: Index) -> Iterator[Fault]:
    """What MongoDB does not take of an index whose fields nobody knows."""
    if not index.is_wildcard:
        return
    if index.sparse:
        yield Fault(
            ("sparse",), "a wildcard index is sparse by itself", "MongoDB refuses the option"
        )
    if index.expire_after_s is not None:
        name = "expireAfterSeconds"
        yield Fault((name,), "a wildcard index expires nothing", "name the field itself")


def _only_for(index: Index) -> Iterator[Fault]:
    kinds = {direction for _, direction in index.keys}
    text = {"weights", "default_language", "language_override", "textIndexVersion"}
    said = set(index.options())
    for names, kind in (
        (text, TEXT),
        ({"2dsphereIndexVersion"}, "2dsphere"),
        ({"bits", "min", "max"}, "2d"),
    ):
        for name in sorted(names & said):
            if kind not in kinds:
                yield Fault((name,), f"{name} is for {kind} indexes", f"no field here is `{kind}`")
    if index.wildcard_projection is not None and WILDCARD not in index.fields:
        name = "wildcardProjection"
        why = "of a path it takes all that is below"
        yield Fault((name,), f"{name} is for an index on {WILDCARD} itself", why)


def _of_id(index: Index) -> Iterator[Fault]:
    if index.clustered and index.fields != (ID,):
        yield Fault(("clustered",), "only _id can be clustered", "a collection is ordered by it")
    plain = len(index.keys) == 1 and index.fields == (ID,) and not isinstance(index.keys[0][1], str)
    if not plain:
        return
    why = "every collection has it by itself"
    if index.keys[0][1] != 1 or index.hidden or index.sparse:
        yield Fault(("keys",), "the index of _id is always {_id: 1}", why)
    elif index.partial_filter is not None or (index.unique and not index.clustered):
        name = "unique" if index.unique else "partialFilterExpression"
        yield Fault((name,), f"the index of _id takes no {name}", why)


def _collation(index: Index) -> Iterator[Fault]:
    said = index.collation
    if said is None:
        return
    locale = said.get("locale")
    if not isinstance(locale, str):
        yield Fault(
            ("collation",), "collation needs a locale", "{locale: en, strength: 2}, for one"
        )
        return
    language, sign, order = locale.partition("@collation=")
    orders = () if language == SIMPLE else (*_ORDERS, *_MORE_ORDERS.get(language, ()))
    if language in LOCALES and sign and order not in orders:
        yield Fault(
            ("collation", "locale"),
            f"{language} has no order {order!r}",
            f"it takes @collation= with {', '.join(orders) or 'nothing'}, and is as it usually is "
            f"as {language} alone",
        )
    elif language not in LOCALES:
        near = nearest(locale, LOCALES)
        yield Fault(
            ("collation", "locale"),
            f"there is no locale {locale!r}" + (f"; did you mean {near}?" if near else ""),
            "a server knows languages as en, fr_CA or zh_Hant, and few regions",
        )
    for name, value in said.items():
        if name not in {"locale", "version"}:
            yield from _collated(name, value)
    told = said.get("strength")
    strength = told if isinstance(told, int | float) else 3
    if strength == 1 and said.get("backwards") is True:
        where = ("collation", "backwards")
        yield Fault(where, "backwards compares accents", "strength 1 looks at none")
    upper = said.get("caseFirst", "off") != "off"
    if upper and strength in {1, 2} and said.get("caseLevel") is not True:
        where = ("collation", "caseFirst")
        yield Fault(where, "caseFirst compares cases", f"strength {strength} looks at none")


def _collated(name: str, value: Any) -> Iterator[Fault]:
    where = ("collation", name)
    choices = _CHOICES.get(name)
    if choices is None:
        near = nearest(name, _CHOICES)
        hint = f"; did you mean {near}?" if near else ""
        known = ", ".join(("locale", *_CHOICES))
        yield Fault(where, f"a collation has no {name}{hint}", f"known here: {known}")
    elif not any(
        value == one and isinstance(value, bool) == isinstance(one, bool) for one in choices
    ):
        words = ", ".join(
            str(one).lower() if isinstance(one, bool) else str(one) for one in choices
        )
        yield Fault(where, f"{name} cannot be {value}", f"it is one of {words}")


def _text(index: Index) -> Iterator[Fault]:
    weights: Mapping[str, Any] = index.weights or {}
    for name, weight in weights.items():
        number = isinstance(weight, int | float) and not isinstance(weight, bool)
        if not number or not 1 <= weight < MOST_WEIGHT:
            why = f"it is a number from 1 to {MOST_WEIGHT - 1}"
            yield Fault(("weights", name), f"that is no weight of {name}", why)
        elif name != WILDCARD and (not all(name.split(".")) or "$" in name):
            why = "no part of a name is empty or begins with $"
            yield Fault(("weights", name), f'"{name}" is no field', why)
    language = index.default_language
    if language is not None and index.text_version != 1 and language.lower() not in LANGUAGES:
        near = nearest(language, LANGUAGES)
        yield Fault(
            ("default_language",),
            f"there is no text language {language!r}" + (f"; did you mean {near}?" if near else ""),
            f"known are {', '.join(sorted(LANGUAGES))}",
        )
    override = index.language_override
    if override is not None and ("." in override or override.startswith("$")):
        why = "it is the name of one field, without dots or $"
        yield Fault(("language_override",), f'"{override}" is no field', why)


def _numbers(index: Index) -> Iterator[Fault]:
    said = index.options()
    if index.version not in {None, 1, 2}:
        yield Fault(("v",), f"there is no index version {index.version}", "it is 1 or 2")
    for name in ("textIndexVersion", "2dsphereIndexVersion"):
        if said.get(name, 1) < 1:
            yield Fault((name,), f"there is no {name} {said[name]}", "it is 1, 2 or 3")
    if index.bits is not None and not 1 <= index.bits <= MOST_BITS:
        yield Fault(("bits",), f"bits must be 1 to {MOST_BITS}", "of each coordinate")
    least = LEAST if index.min is None else index.min
    most = MOST if index.max is None else index.max
    if least >= most:
        name = "min" if index.min is not None else "max"
        why = f"here it goes from {least} to {most}"
        yield Fault((name,), "min must be less than max", why)
    if index.storage_engine is not None and not index.storage_engine:
        yield Fault(("storageEngine",), "storageEngine is empty", "leave it out, then")


def _projection(index: Index) -> Iterator[Fault]:
    if index.wildcard_projection is None:
        return
    taken: dict[str, bool] = {}
    for where, value in _leaves(index.wildcard_projection, ("wildcardProjection",)):
        path = ".".join(where[1:])
        if isinstance(value, Mapping):
            said = "empty" if path else "wildcardProjection is empty"
            what = f"{path} is {said}" if path else said
            yield Fault(where, what, "it names the fields that are taken in, or left out")
            continue
        if not isinstance(value, bool | int | float):
            why = "1 takes the field in, and 0 leaves it out"
            yield Fault(where, f"{path} must be 1 or 0", why)
            continue
        if not all(path.split(".")) or any(part.startswith("$") for part in path.split(".")):
            why = "no part of a name is empty or begins with $"
            yield Fault(where, f'"{path}" is no field', why)
            continue
        clash = next((one for one in taken if _overlap(one, path)), None)
        if clash is not None:
            yield Fault(where, f"{path} and {clash} overlap", "one of them says it already")
        if path != ID and any(bool(value) != one for name, one in taken.items() if name != ID):
            why = "either the fields that are taken in are named, or those that are left out"
            yield Fault(where, "1 and 0 are mixed", why)
        taken[path] = bool(value)


def _leaves(
    value: Mapping[str, Any], above: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], Any]]:
    if not value:
        yield above, value
    for name, one in value.items():
        if isinstance(one, Mapping):
            yield from _leaves(one, (*above, name))
        else:
            yield (*above, name), one


def _overlap(one: str, other: str) -> bool:
    return f"{one}.".startswith(f"{other}.") or f"{other}.".startswith(f"{one}.")


def _partial(index: Index) -> Iterator[Fault]:
    if index.partial_filter is None:
        return
    name = "partialFilterExpression"
    if index.sparse:
        what = f"sparse and {name} exclude each other"
        yield Fault(("sparse",), what, "a server takes one")
    yield from _conditions(index.partial_filter, (name,))


def _conditions(said: Mapping[str, Any], above: tuple[str, ...]) -> Iterator[Fault]:
    for name, one in said.items():
        where = (*above, name)
        if name in {"$and", "$or"}:
            parts = one if isinstance(one, list | tuple) else ()
            if not parts or not all(isinstance(part, Mapping) for part in parts):
                yield Fault(where, f"{name} needs a list", "of one filter or more")
                continue
            for number, part in enumerate(parts):
                yield from _conditions(part, (*where, str(number)))
        elif name.startswith("$") and name != "$comment":
            yield _not_partial(where, name)
        elif is_operators(one):
            for operator, operand in one.items():
                yield from _condition((*where, operator), operator, operand)


def _condition(where: tuple[str, ...], operator: str, operand: Any) -> Iterator[Fault]:
    if operator not in FILTERS:
        yield _not_partial(where, operator)
    elif operator == "$exists" and not operand:
        why = "a partial index takes {$exists: true} only"
        yield Fault(where, "$exists: false is not for a partial index", why)
    elif operator in {"$in", "$all"} and not isinstance(operand, list | tuple):
        yield Fault(where, f"{operator} needs a list", f"{operator}: [one, other]")
    elif operator == "$type":
        for kind in operand if isinstance(operand, list | tuple) else (operand,):
            if not _is_type(kind):
                near = nearest(kind, (*TYPES, "number")) if isinstance(kind, str) else None
                hint = f"; did you mean {near}?" if near else ""
                what = f"there is no type {kind!r}{hint}"
                yield Fault(where, what, f"known are number, {', '.join(TYPES)}")


def _is_type(kind: Any) -> bool:
    if isinstance(kind, str):
        return kind in TYPES or kind == "number"
    return isinstance(kind, int | float) and kind in TYPES.values()


def _not_partial(where: tuple[str, ...], name: str) -> Fault:
    return Fault(
        where,
        f"{name} is not for a partial index",
        f"it takes values, {', '.join(FILTERS[:-1])}, $and and $or",
    )


_RULES: Sequence[Callable[[Index], Iterator[Fault]]] = (
    _fields,
    _kinds,
    _names,
    _ttl,
    _partial,
    _unique,
    _wildcard,
    _only_for,
    _of_id,
    _collation,
    _text,
    _numbers,
    _projection,
)
