"""`skc env example`: look, plan, hand over to the gait; or say in what the example is behind."""

from collections.abc import Sequence
from hashlib import sha256
from typing import Any

from msgspec import Struct

from skillconnect_ops.commands.env.describe import Variable, wanted
from skillconnect_ops.commands.env.drivers import scheme_of
from skillconnect_ops.commands.env.example_errors import EnvFileClosed, ExampleIsLink, NotText
from skillconnect_ops.commands.env.example_steps import ExampleWrite
from skillconnect_ops.commands.env.merge import Difference, Merge
from skillconnect_ops.commands.env.survey import Place, Survey
from skillconnect_ops.commands.house import House
from skillconnect_ops.core.exits import Status
from skillconnect_ops.core.finding import Finding, Severity, fingerprint
from skillconnect_ops.core.plan import Plan, Subject
from skillconnect_ops.core.report import Report
from skillconnect_ops.core.view import Block, Lines, Table, Text, Tone, count, listed
from skillconnect_ops.journal.model import Ask, Choices
from skillconnect_ops.journal.resources import Resource

COMMAND = "env example"


class Example(Struct, frozen=True, kw_only=True):
    """One example: what is there, and what there should be."""

    place: Place
    there: bytes | None
    variables: tuple[Variable, ...]
    text: str
    diff: str
    differences: tuple[Difference, ...]

    @property
    def step(self) -> ExampleWrite | None:
        """The step that brings it up to date; None where it is."""
        if self.there == self.text.encode():
            return None
        return ExampleWrite(
            key=f"write:{self.place.example}",
            path=self.place.example,
            text=self.text,
            diff=self.diff,
            replaces=self.there is not None,
        )


def example(
    house: House, target: str | None, *, check: bool, bare: bool, choices: Choices
) -> Report:
    """Write the example beside each env file of a target, or check it.

    Args:
        house: the house.
        target: the target; the only one where none is named.
        check: whether only to say in what the examples are behind.
        bare: whether to leave comments out.
        choices: what the person chose.

    Raises:
        Precondition: a file cannot be read.
        Refused: nobody agreed.
    """
    survey = Survey(house, target)
    if check:
        return _checked(survey, _examples(survey, bare=bare))

    def look() -> Plan:
        return _plan(survey, _examples(survey, bare=bare))

    examples = _examples(survey, bare=bare)
    outcome = house.office(state=survey.state).carry_out(
        look,
        person=house.person,
        resources=[Resource("file", str(survey.root / each.place.example)) for each in examples],
        consent=Ask(),
        choices=choices,
    )
    return Report(
        command=COMMAND,
        subject=outcome.plan.subject.facts(),
        journal=outcome.journal,
        steps=outcome.steps,
        unknown=survey.unknown(),
        facts=_facts(survey, examples, written=outcome.walked),
        view=_view(examples, written=outcome.walked),
        next=() if outcome.plan.steps and not outcome.walked else (survey.aim.check(),),
    )


def _examples(survey: Survey, *, bare: bool) -> tuple[Example, ...]:
    return tuple(_example(survey, place, bare=bare) for place in survey.places)


def _example(survey: Survey, place: Place, *, bare: bool) -> Example:
    held: dict[str, str | None] = {}
    for path in place.env_files:
        try:
            file = survey.env_file(path)
        except OSError as error:
            raise EnvFileClosed(path, why=error.strerror or type(error).__name__) from error
        for entry in file.entries if file is not None else ():
            held[entry.key] = scheme_of(entry.value)
    there = _there(survey, place.example)
    usages = survey.usages(place.folder)
    leads = survey.leads(held, usages)
    variables = wanted(usages, held, survey.registry, leads=leads)
    merge = Merge(there, variables, survey.registry)
    text = merge.text(comments=not bare, beside=place.env_files[0].rpartition("/")[2])
    return Example(
        place=place,
        there=there,
        variables=variables,
        text=text,
        diff=merge.diff(text),
        differences=tuple(merge.differences()),
    )


def _there(survey: Survey, path: str) -> bytes | None:
    file = survey.root / path
    if file.is_symlink() or file.is_dir():
        raise ExampleIsLink(path)
    try:
        data = survey.bytes_of(path)
        if data is not None:
            data.decode("utf-8-sig")
    except OSError as error:
        raise EnvFileClosed(path, why=error.strerror or type(error).__name__) from error
    except UnicodeDecodeError:
        raise NotText(path) from None
    return data


def _plan(survey: Survey, examples: Sequence[Example]) -> Plan:
    texts = [each.text.encode() + b"\0" + (each.there or b"absent") for each in examples]
    notes = []
    lost = survey.found.unresolved
    if lost:
        places = listed([f"{each.path}:{each.line}" for each in lost])
        notes.append(f"{count(len(lost), 'read')} cannot be told from the text: {places}")
    unread = survey.found.unparsed
    if unread:
        names = listed([each.path for each in unread])
        notes.append(f"not wholly read: {names}")
    return Plan(
        command=COMMAND,
        subject=_subject(survey),
        state=sha256(b"\0\0".join(texts)).hexdigest(),
        steps=tuple(each.step for each in examples if each.step is not None),
        notes=tuple(notes),
    )


def _subject(survey: Survey) -> Subject:
    files = tuple(place.example for place in survey.places)
    return Subject(target=survey.target, repository=str(survey.root), files=files)


def _checked(survey: Survey, examples: Sequence[Example]) -> Report:
    remedy = survey.aim.example()
    findings = tuple(finding for each in examples for finding in _findings(each, remedy))
    return Report(
        command=COMMAND,
        subject=_subject(survey).facts(),
        status=Status.FINDINGS if findings else Status.OK,
        findings=findings,
        unknown=survey.unknown(),
        facts=_facts(survey, examples, written=False),
        view=() if findings else _fresh(examples),
        next=(remedy,) if findings else (),
    )


def _findings(example: Example, remedy: str) -> list[Finding]:
    path = example.place.example
    differences = example.differences
    if example.there is None:
        absent = f"there is no example beside {listed(example.place.env_files)}"
        differences = (
            Difference(
                id="example-missing", severity=Severity.LOW, name="", line=None, says=absent
            ),
        )
    return [
        Finding(
            id=each.id,
            severity=each.severity,
            path=path,
            line=each.line,
            message=each.says,
            remedy=remedy,
            fingerprint=fingerprint(each.id, path, each.name),
        )
        for each in differences
    ]


def _facts(survey: Survey, examples: Sequence[Example], *, written: bool) -> dict[str, Any]:
    return {
        "env_example": {
            "by_git": survey.listing.by_git,
            "files": len(survey.listing.files),
            "skipped": survey.listing.skipped,
            "examples": [
                {
                    "path": each.place.example,
                    "env_files": each.place.env_files,
                    "variables": each.variables,
                    "text": each.text,
                    "written": written and each.step is not None,
                }
                for each in examples
            ],
        }
    }


def _fresh(examples: Sequence[Example]) -> tuple[Block, ...]:
    lines = (
        f"{each.place.example} is up to date: {count(len(each.variables), 'variable')}"
        for each in examples
    )
    return (Lines(tuple(Text(line, Tone.GOOD) for line in lines)),)


def _view(examples: Sequence[Example], *, written: bool) -> tuple[Block, ...]:
    return tuple(
        Table(
            ("variable", "need", "read in"),
            tuple(
                (
                    Text(each.name, Tone.STRONG if each.required else Tone.PLAIN),
                    each.need,
                    listed(each.places, most=2) if each.places else Text("nowhere", Tone.DIM),
                )
                for each in example.variables
            ),
            title=f"{example.place.example}{' (written)' if written else ''}",
        )
        for example in examples
    )
