"""The collection that Mongoose keeps a model's documents in, by the model's name."""

import re

_RULES = tuple(
    (re.compile(pattern, re.IGNORECASE), plural)
    for pattern, plural in (
        (r"human$", "humans"),
        (r"(m|wom)an$", r"\1en"),
        (r"(pe)rson$", r"\1ople"),
        (r"(child)$", r"\1ren"),
        (r"^(ox)$", r"\1en"),
        (r"(ax|test)is$", r"\1es"),
        (r"(octop|cact|foc|fung|nucle)us$", r"\1i"),
        (r"(alias|status|virus)$", r"\1es"),
        (r"(bu)s$", r"\1ses"),
        (r"(buffal|tomat|potat)o$", r"\1oes"),
        (r"([ti])um$", r"\1a"),
        (r"sis$", "ses"),
        (r"(?:([^f])fe|([lr])f)$", r"\1\2ves"),
        (r"(hive)$", r"\1s"),
        (r"([^aeiouy]|qu)y$", r"\1ies"),
        (r"(x|ch|ss|sh)$", r"\1es"),
        (r"(matr|vert|ind)ix|ex$", r"\1ices"),
        (r"([m|l])ouse$", r"\1ice"),
        (r"(kn|w|l)ife$", r"\1ives"),
        (r"(quiz)$", r"\1zes"),
        (r"^goose$", "geese"),
        (r"s$", "s"),
        (r"([^a-z])$", r"\1"),
        (r"$", "s"),
    )
)
_SAME = frozenset(
    {
        *("advice", "energy", "excretion", "digestion", "cooperation", "health", "justice"),
        *("labour", "machinery", "equipment", "information", "pollution", "sewage", "paper"),
        *("money", "species", "series", "rain", "rice", "fish", "sheep", "moose", "deer"),
        *("news", "expertise", "status", "media"),
    }
)
_AS_THEY_ARE = frozenset({"system.profile", "system.indexes"})


def collection_of(model: str) -> str:
    """`User` -> `users`, `Category` -> `categories`; as Mongoose's own rules have it.

    Source: Mongoose, lib/helpers/pluralize.js (MIT); the first rule that fits, once.
    """
    if model in _AS_THEY_ARE:
        return model
    name = model.lower()
    if name in _SAME:
        return name
    for pattern, plural in _RULES:
        if pattern.search(name):
            return pattern.sub(plural, name)
    return name
