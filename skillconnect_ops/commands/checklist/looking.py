"""Looking at the world for a proof, kind by kind; it changes nothing there."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any

import msgspec
from msgspec import Struct

from skillconnect_ops.commands.checklist import files, probes
from skillconnect_ops.commands.checklist.model import (
    AnyMeans,
    ByAudit,
    ByCommand,
    ByFile,
    ByHttp,
    BySetting,
    Scope,
)
from skillconnect_ops.commands.checklist.remedies import NO_HEALTH
from skillconnect_ops.commands.checklist.standing import Outcome
from skillconnect_ops.commands.house import House
from skillconnect_ops.core.exits import Status
from skillconnect_ops.core.outcome import Missing
from skillconnect_ops.core.report import Report
from skillconnect_ops.core.settings.model import Project, Target
from skillconnect_ops.core.view import count, listed

_PATIENCE_S = 10.0
_BELOW_ROOT = {("audit",), ("secrets", "scan")}
"""Commands that look at the working folder, unless they are told where."""


class Seen(Struct, frozen=True, kw_only=True):
    """What a look gave."""

    outcome: Outcome
    says: str
    counts: Mapping[str, int] = {}
    answer: bytes = b""
    """All that came back, without secrets; its digest goes to the record."""

    @property
    def digest(self) -> str:
        """SHA-256 of the whole answer."""
        return hashlib.sha256(self.answer).hexdigest()


class Looker:
    """Looks; what several proofs need is looked at once.

    Args:
        house: the house.
        project: whose code and settings.
        target: whose servers; None where nothing is asked about one.
    """

    def __init__(self, house: House, project: Project, target: Target | None) -> None:
        self._house = house
        self._project = project
        self._target = target
        self._ran: dict[tuple[str, ...], Report] = {}

    def look(self, means: AnyMeans) -> Seen:
        """What there is to see of a proof.

        Raises:
            TypeError: nobody can look at proofs of that kind.
        """
        match means:
            case ByAudit():
                return self._audit(means)
            case ByCommand():
                return self._command(means)
            case ByFile():
                return self._file(means)
            case ByHttp():
                return self._http(means)
            case BySetting():
                return self._setting(means)
            case _:
                raise TypeError(means.kind)

    @property
    def urls(self) -> tuple[str, ...]:
        """Where the target's programs answer."""
        return health_urls(self._target)

    def _audit(self, means: ByAudit) -> Seen:
        report = self._run("audit")
        if report.error is not None:
            return Seen(outcome=Outcome.UNKNOWN, says=_why(report), answer=_told(report))
        checks = {one["id"]: one for one in report.facts["checks"]}
        parts = [_of_check(name, checks.get(name)) for name in means.audit]
        outcome = _worst([one for one, _ in parts])
        said = [says for one, says in parts if one is outcome]
        own = [one for one in report.findings if one.id in means.audit and not one.suppressed]
        return Seen(
            outcome=outcome,
            says="; ".join(said),
            counts={"findings": len(own), "checks": len(means.audit)},
            answer=_told([checks.get(name) for name in means.audit], [o.fingerprint for o in own]),
        )

    def _command(self, means: ByCommand) -> Seen:
        words = means.command
        if means.subject is Scope.TARGET and self._target is not None:
            words = (*words, "--target", self._target.name)
        report = self._run(*words)
        open_ones = [one for one in report.findings if one.suppressed is None]
        if report.status is Status.OK and report.exit == 0:
            outcome, says = Outcome.PASS, f"`skc {' '.join(means.command)}` ends well"
        elif report.status is Status.FINDINGS:
            ids = listed(list(dict.fromkeys(one.id for one in open_ones)), most=3)
            outcome, says = Outcome.FAIL, f"{count(len(open_ones), 'finding')}: {ids}"
        else:
            outcome, says = Outcome.UNKNOWN, _why(report)
        return Seen(
            outcome=outcome,
            says=says,
            counts={"findings": len(open_ones), "exit": int(report.exit)},
            answer=_told(report),
        )

    def _run(self, *words: str) -> Report:
        below = [one for one in _BELOW_ROOT if words[: len(one)] == one]
        at_root = self._house.environment.folder.resolve() == self._project.root.resolve()
        if below and not at_root and "--history" not in words:
            words = (*words, str(self._project.root))
        if words not in self._ran:
            self._ran[words] = self._house.commands.run(*words)
        return self._ran[words]

    def _file(self, means: ByFile) -> Seen:
        root = self._project.root
        found = files.matching(means.file, self._tracked)
        if not found:
            return Seen(outcome=Outcome.FAIL, says=f"git has no file {means.file}")
        if means.key is None and means.has is None:
            there = [path for path in found if (root / path).is_file()]
            says = f"{listed(there, most=2)} is there" if there else f"{found[0]} is deleted"
            outcome = Outcome.PASS if there else Outcome.FAIL
            return Seen(outcome=outcome, says=says, answer=_told(there))
        good, bad = [], []
        for path in found:
            why = files.fault(root / path, key=means.key, has=means.has)
            (bad.append(f"{path}: {why}") if why else good.append(path))
        if good:
            says = f"{listed(good, most=2)} has it"
            return Seen(outcome=Outcome.PASS, says=says, answer=_told(good, bad))
        return Seen(outcome=Outcome.FAIL, says=listed(bad, most=2), answer=_told(bad))

    @cached_property
    def _tracked(self) -> tuple[str, ...]:
        return tuple(one.path for one in self._house.git.index(self._project.root) if not one.stage)

    def _http(self, means: ByHttp) -> Seen:
        if not self.urls:
            return Seen(outcome=Outcome.UNKNOWN, says=NO_HEALTH)
        parts: list[tuple[Outcome, str]] = []
        told: list[object] = []
        for url in self.urls:
            answers = []
            lost = None
            for request in probes.requests_of(means.http, url):
                answer = self._house.requests.send(request, patience_s=_PATIENCE_S)
                if isinstance(answer, Missing):
                    lost = answer.reason
                    break
                answers.append(answer.value)
            told.append(answers)
            parts.append(
                (Outcome.UNKNOWN, lost) if lost else probes.judge(means.http, url, answers)
            )
        outcome = _worst([one for one, _ in parts])
        said = [says for one, says in parts if one is outcome]
        return Seen(
            outcome=outcome,
            says="; ".join(said),
            counts={"programs": len(self.urls)},
            answer=_told(told),
        )

    def _setting(self, means: BySetting) -> Seen:
        of_target = means.subject is Scope.TARGET and self._target is not None
        value: Any = self._target.settings if self._target and of_target else None
        place = f"targets.{self._target.name}." if self._target and of_target else ""
        value = self._project.settings if value is None else value
        for name in means.setting.split("."):
            value = value.get(name) if isinstance(value, dict) else getattr(value, name, None)
        is_set = bool(value) if not isinstance(value, Struct) else True
        says = f"{place}{means.setting} is {'set' if is_set else 'not set'} in skc.yaml"
        outcome = Outcome.PASS if is_set else Outcome.FAIL
        return Seen(outcome=outcome, says=says, answer=_told(is_set))


def health_urls(target: Target | None) -> tuple[str, ...]:
    """Where the programs of a target answer."""
    consumers = target.settings.consumers.values() if target else ()
    return tuple(sorted({one.health for one in consumers if one.health}))


def _of_check(name: str, fact: Mapping[str, Any] | None) -> tuple[Outcome, str]:
    if fact is None:
        return Outcome.UNKNOWN, f"skc audit has no check {name}"
    said = getattr(fact["outcome"], "value", fact["outcome"])
    outcome = Outcome(said)
    silenced = f", {count(fact['suppressed'], 'place')} silenced" if fact["suppressed"] else ""
    if outcome is Outcome.FAIL and not fact["findings"]:
        outcome = Outcome.PASS  # all of them are allowed in the code, with a reason
    if outcome is Outcome.PASS and fact["unknown"]:
        places = count(fact["unknown"], "place")
        return Outcome.UNKNOWN, f"{name}: {places} could not be looked at"
    if outcome is Outcome.FAIL:
        return outcome, f"{name}: {count(fact['findings'], 'finding')} {fact['says']}{silenced}"
    return outcome, f"{name}: {fact['says']}{silenced}"


def _worst(outcomes: Sequence[Outcome]) -> Outcome:
    """Of several looks together; what does not apply is left out, unless nothing does."""
    order = (Outcome.FAIL, Outcome.UNKNOWN, Outcome.PASS, Outcome.NOT_APPLICABLE)
    return next(one for one in order if one in outcomes)


def _why(report: Report) -> str:
    if report.error is not None:
        return f"{report.error.what}: {report.error.why}"
    return "; ".join(f"{one.subject}: {one.reason}" for one in report.unknown[:2]) or "incomplete"


def _told(*parts: object) -> bytes:
    """Reports and answers as bytes, the same for the same; times are no part of it."""
    plain = [
        {
            "status": one.status,
            "findings": [each.fingerprint for each in one.findings],
            "unknown": one.unknown,
            "error": one.error,
        }
        if isinstance(one, Report)
        else one
        for one in parts
    ]
    return msgspec.json.encode(plain, enc_hook=_as_text, order="sorted")


_as_text: Callable[[object], str] = str
