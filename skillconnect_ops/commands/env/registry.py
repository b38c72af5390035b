"""What is generally known of variables by their names: `templates/env/variables.yaml`."""

import re
from functools import cached_property

import yaml
from msgspec import Struct, convert

from skillconnect_ops.core.resources import template, templates


class Known(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One entry: a sort of variable."""

    purpose: str
    placeholder: str
    names: tuple[str, ...] = ()
    match: str | None = None
    secret: bool = False
    signs: bool = False
    """Whether something is signed or encrypted with it, so that its strength is all there is."""


class _File(Struct, frozen=True, forbid_unknown_fields=True):
    variables: tuple[Known, ...]
    ambient: str


class Registry:
    """The register, with what a profile says otherwise."""

    def __init__(self, *, profile: str | None = None) -> None:
        self._profile = profile

    def known(self, name: str) -> Known | None:
        """What is known of a variable of that name."""
        found = self._found(name)
        return found[1] if found else None

    def rank(self, name: str) -> tuple[int, int, str]:
        """Where an example lists it: as the register does, and what is unknown at the end."""
        found = self._found(name)
        if found is None:
            return (len(self._file.variables), 0, name)
        place, entry = found
        return (place, entry.names.index(name) if name in entry.names else 0, name)

    def placeholder(self, name: str) -> str | None:
        """What an example holds for it; None of an unknown one."""
        if name in self._placeholders:
            return self._placeholders[name]
        found = self.known(name)
        return found.placeholder if found is not None else None

    def is_ambient(self, name: str) -> bool:
        """Whether a system or a platform gives it, and no env file has to."""
        return self._ambient.fullmatch(name) is not None

    def _found(self, name: str) -> tuple[int, Known] | None:
        for place, entry in enumerate(self._file.variables):
            if name in entry.names or (entry.match and re.fullmatch(entry.match, name)):
                return place, entry
        return None

    @cached_property
    def _file(self) -> _File:
        return convert(yaml.safe_load(template("env/variables.yaml")), _File)

    @cached_property
    def _ambient(self) -> re.Pattern[str]:
        return re.compile(re.sub(r"\s+", "", self._file.ambient))

    @cached_property
    def _placeholders(self) -> dict[str, str]:
        if self._profile is None or f"{self._profile}/env.yaml" not in templates("."):
            return {}
        document = yaml.safe_load(template(f"{self._profile}/env.yaml"))
        return convert(document["placeholders"], dict[str, str])
