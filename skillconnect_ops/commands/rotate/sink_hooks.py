"""Talks to a sink that is a command: gives it values, and asks what it holds.

Each run gets one line of JSON on its input, of the schema `skc/sink/1`:

    {"schema": "skc/sink/1", "action": "write", "target": "production", "sink": "vault",
     "values": {"MONGO_URI": "mongodb://…"}}

`action` is `write` for new values and `put_back` for those from before; of a ring of keys there
are two, the second with `_FALLBACKS` in its name, and both are to be taken in one go. It may come
more than once. Whoever ends with 0 holds the values from then on. Whoever ends with 3 has refused,
and has changed nothing. After any other end skc takes it that something may have been written, and
gives the values from before.

The second command, `read`, gets no value:

    {"schema": "skc/sink/1", "action": "read", "target": "production", "sink": "vault",
     "names": ["MONGO_URI"], "fingerprint": {"algorithm": "hmac-sha256", "key": "…64 hex digits…"}}

and prints what is held there: the bare value, or its fingerprint (hex digits of the HMAC over the
value in UTF-8; the key, as the bytes that its digits stand for, is another one each time). Of
several names: `{"values": {…}}` or `{"fingerprints": {…}}`. Nothing printed means that it holds
nothing.
"""

import hmac
import secrets as random
from collections.abc import Mapping, Sequence
from enum import Enum
from pathlib import Path
from typing import Any

import msgspec

from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.rotate.sink_errors import SinkFailed, SinkGone
from skillconnect_ops.commands.rotate.values import parts_of
from skillconnect_ops.core.ports.processes import ProgramFailed
from skillconnect_ops.core.secret import Secret
from skillconnect_ops.core.settings.hooks import of_sink
from skillconnect_ops.core.settings.model import SinkSettings, Target
from skillconnect_ops.core.settings.rules import period_s

SCHEMA = "skc/sink/1"
REFUSED = 3
"""How a hook ends that has refused and changed nothing; skc itself ends so, too."""


class Held(Enum):
    """What a sink says that it holds."""

    NEW = "the new value"
    OLD = "the old value"
    NOTHING = "nothing"
    OTHER = "another value"


class SinkHook:
    """One sink, as the settings have it now and this machine trusts it.

    Args:
        house: the house.
        target: whose.
        name: of the sink.
        root: where its commands run.

    Raises:
        SinkGone: it is in the settings no more.
    """

    def __init__(self, house: House, target: Target, name: str, root: Path) -> None:
        settings = target.settings.sinks.get(name)
        if settings is None or not settings.hook:
            raise SinkGone(name, target=target.name)
        self._house = house
        self._target = target
        self._name = name
        self._root = root
        self._settings: SinkSettings = settings

    @property
    def readable(self) -> bool:
        """Whether it can be asked what it holds."""
        return bool(self._settings.read)

    @property
    def patience_s(self) -> float:
        """How long a command may take."""
        return float(period_s(self._settings.timeout) or 0)

    def give(
        self, values: Mapping[str, str], *, action: str, hidden: Sequence[Mapping[str, str]]
    ) -> None:
        """Give it values.

        Raises:
            SinkFailed: it did not take them.
        """
        self._run(self._settings.hook, {"action": action, "values": values}, hidden)

    def holds(self, *, new: Mapping[str, str], old: Mapping[str, str]) -> Held:
        """Ask what it holds.

        Raises:
            SinkFailed: it does not say.
        """
        key = random.token_bytes(32)
        asked = {"algorithm": "hmac-sha256", "key": key.hex()}
        told = {"action": "read", "names": list(new), "fingerprint": asked}
        printed = self._run(self._settings.read, told, (new, old)).strip()
        if not printed:
            return Held.NOTHING
        for held, wanted in ((Held.NEW, new), (Held.OLD, old)):
            if _says(printed, wanted, key):
                return held
        return Held.OTHER

    def _run(
        self, argv: Sequence[str], told: Mapping[str, Any], hidden: Sequence[Mapping[str, str]]
    ) -> str:
        self._house.hooks().must_trust(of_sink(self._name, self._settings))
        given = {"schema": SCHEMA, "target": self._target.name, "sink": self._name, **told}
        passed = {name: self._house.environment.get(name) for name in self._settings.variables}
        try:
            return self._house.processes.run(
                *argv,
                folder=self._root,
                given=Secret(msgspec.json.encode(given).decode()),
                variables={name: value for name, value in passed.items() if value is not None},
                patience_s=self.patience_s,
                hidden=[secret for values in hidden for secret in parts_of(values.values())],
            )
        except ProgramFailed as error:
            raise SinkFailed(
                self._name,
                action=str(told["action"]),
                why=f"{error.what}: {error.why}",
                refused=error.code == REFUSED,
            ) from None


def _says(printed: str, wanted: Mapping[str, str], key: bytes) -> bool:
    """Whether what was printed means these values."""
    marks = {name: _mark(value, key) for name, value in wanted.items()}
    if len(wanted) == 1:
        (value,), (mark,) = wanted.values(), marks.values()
        if _same(printed, value.strip()) or _same(printed.casefold(), mark):
            return True
    try:
        answer = msgspec.json.decode(printed)
    except msgspec.DecodeError:
        return False
    if not isinstance(answer, dict):
        return False
    for field, expected in (("values", dict(wanted)), ("fingerprints", marks)):
        said = answer.get(field)
        if isinstance(said, dict):
            return all(
                _same(_text(said.get(name)), text) or _absent(said, name, wanted)
                for name, text in expected.items()
            )
    return False


def _absent(said: Mapping[str, Any], name: str, wanted: Mapping[str, str]) -> bool:
    """An empty value is as good as none."""
    return not wanted[name] and not said.get(name)


def _mark(value: str, key: bytes) -> str:
    return hmac.digest(key, value.encode(), "sha256").hex()


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode("utf-8", "replace"), other.encode("utf-8", "replace"))
