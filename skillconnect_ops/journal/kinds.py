"""The kinds of steps that this version knows, and who carries each of them out."""

from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar, Union

import msgspec
from msgspec import Raw, Struct

from skillconnect_ops.core.plan import Handler, Plan, Step, Subject
from skillconnect_ops.journal.errors import UnknownKind

H = TypeVar("H")


class Kind(Struct, frozen=True):
    """A type of step, and what makes its handler for a plan's subject."""

    step: type[Step]
    handler: Callable[[Subject], Handler[Any]]


class KindOf(Struct, Generic[H], frozen=True):
    """A kind whose handler still needs the house; what a `commands/<domain>/steps.py` exports.

    `KINDS: tuple[KindOf[House], ...] = (KindOf(BackupDump, lambda house, subject: …),)`
    """

    step: type[Step]
    handler: Callable[[H, Subject], Handler[Any]]

    def bind(self, house: H) -> Kind:
        """The kind, for this house; nothing of the house is opened yet."""
        return Kind(self.step, lambda subject: self.handler(house, subject))


class Kinds:
    """The register of all kinds, by tag."""

    def __init__(self, kinds: Sequence[Kind]) -> None:
        """Register them.

        Raises:
            ValueError: two types share a tag.
        """
        self._kinds = {_tag(kind.step): kind for kind in kinds}
        if len(self._kinds) != len(kinds):
            raise ValueError("two types of step share a tag")
        types = tuple(kind.step for kind in kinds)
        self._steps = msgspec.json.Decoder(Union[types]) if types else None  # noqa: UP007

    def handler(self, step: Step, subject: Subject) -> Handler[Any]:
        """A new handler for the step.

        Raises:
            KeyError: the type is not registered (a bug; the gait looks before anything is done).
        """
        return self._kinds[step.kind].handler(subject)

    def knows(self, plan: Plan) -> bool:
        """Whether every step of the plan can be carried out."""
        return all(step.kind in self._kinds for step in (*plan.steps, *plan.final))

    def decode(self, text: bytes | Raw) -> Plan:
        """A plan as it was written by `encode`.

        Raises:
            UnknownKind: a step's kind, or a field of it, is of another version.
        """
        try:
            written = msgspec.json.decode(text, type=_Written)
            return Plan(
                command=written.command,
                subject=written.subject,
                state=written.state,
                steps=tuple(self._step(step) for step in written.steps),
                final=tuple(self._step(step) for step in written.final),
                notes=written.notes,
                then=written.then,
            )
        except msgspec.DecodeError as error:
            raise UnknownKind(
                "this version of skc cannot read the plan",
                why=str(error),
                fix="pip install --upgrade skillconnect-ops",
            ) from error

    def _step(self, text: Raw) -> Step:
        if self._steps is None:
            raise msgspec.ValidationError("no kind of step is registered")
        step: Step = self._steps.decode(text)
        lost = msgspec.json.decode(text, type=dict[str, Any]).keys() - _fields(step)
        if lost:
            raise msgspec.ValidationError(f"{step.kind} has unknown fields: {sorted(lost)}")
        return step


def encode(plan: Plan) -> bytes:
    """A plan as JSON; each step carries its tag as `kind`."""
    return msgspec.json.encode(plan)


class _Written(Struct, frozen=True, kw_only=True):
    command: str
    subject: Subject
    state: str
    steps: tuple[Raw, ...] = ()
    final: tuple[Raw, ...] = ()
    notes: tuple[str, ...] = ()
    then: str | None = None


def _fields(step: Step) -> set[str]:
    return {step.__struct_config__.tag_field or "", *step.__struct_encode_fields__}


def _tag(step: type[Step]) -> str:
    return str(step.__struct_config__.tag)
