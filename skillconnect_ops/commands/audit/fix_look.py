"""What `audit --fix` would write: which files, which calls in them, and what stays, and why."""

import re
from collections.abc import Mapping
from difflib import unified_diff
from functools import cached_property
from pathlib import Path, PurePosixPath

from skillconnect_ops.code.console import Use
from skillconnect_ops.code.discovery import Skipped, content, discover
from skillconnect_ops.code.excerpts import masked
from skillconnect_ops.code.javascript_modules import Modules
from skillconnect_ops.code.logger_calls import Task, rewritten
from skillconnect_ops.code.logger_model import Left, Logger, Rewritten
from skillconnect_ops.code.logger_module import (
    Packages,
    front_end,
    logger_at,
    loggers,
    needed_by,
)
from skillconnect_ops.code.syntax import LANGUAGES
from skillconnect_ops.commands.audit.checks.console_call import CHECK
from skillconnect_ops.commands.audit.facts import Facts
from skillconnect_ops.commands.audit.fix_model import Fixes, FixWish, Spared
from skillconnect_ops.commands.audit.model import Hit, Wish
from skillconnect_ops.commands.audit.placing import BY_HAND, IN_TEST, placed
from skillconnect_ops.commands.audit.selection import select
from skillconnect_ops.commands.audit.silence import Silence
from skillconnect_ops.commands.audit.steps import MARK, CallsRewrite, digest
from skillconnect_ops.commands.house import House
from skillconnect_ops.core.errors import Precondition
from skillconnect_ops.core.finding import Confidence
from skillconnect_ops.core.outcome import Known
from skillconnect_ops.core.ports.processes import ProgramFailed
from skillconnect_ops.core.report import Unknown
from skillconnect_ops.core.secret import Secret
from skillconnect_ops.core.settings.errors import SettingsNotFound
from skillconnect_ops.core.shell import word
from skillconnect_ops.core.view import listed
from skillconnect_ops.detection import Blob, Scanner

_PLAIN = (".js", ".mjs", ".cjs")
_NODE_PATIENCE_S = 20.0
_CONTEXT = 3
_ERR = re.compile(r"[{,]\s*err\b")
_Place = tuple[int, int]


class NoLogger(Precondition):
    """Which file is the project's logger is not known."""


class Look:
    """One look at a project; nothing is changed."""

    def __init__(self, house: House, wish: Wish, fix: FixWish) -> None:
        """Prepare.

        Args:
            house: the house.
            wish: which files and lines.
            fix: how.
        """
        self._house = house
        self._fix = fix
        self._selection = select(house, wish, around=_project_folder(house))
        self._root = self._selection.root
        self._scanner = Scanner()
        self._left: list[Left] = []
        self._spared: list[Spared] = []
        self._unknown: list[Unknown] = []
        self._notes: list[str] = []
        self._diffs: dict[str, str] = {}
        self._allowed = 0
        self._node = True

    def fixes(self) -> Fixes:
        """What is to be done.

        Raises:
            Precondition: there is something to rewrite, and no logger, or several.
        """
        wanted = self._wanted()
        logger = self._logger() if wanted else None
        steps = self._steps(wanted, logger) if logger is not None else ()
        order = {path: at for at, path in enumerate(self._selection.files)}
        return Fixes(
            root=self._root,
            logger=logger,
            steps=steps,
            diffs=self._diffs,
            left=tuple(sorted(self._left, key=lambda one: (order[one.path], one.line or 0))),
            spared=tuple(sorted(self._spared, key=lambda one: order[one.path])),
            allowed=self._allowed,
            unknown=tuple(self._unknown),
            notes=tuple(self._notes),
        )

    def _wanted(self) -> dict[str, dict[_Place, Hit]]:
        """The uses that are findings, by file and place."""
        with self._house.person.progress("reading code", total=None, unit="files") as ticker:
            facts = Facts(self._selection, self._house, tick=ticker.advance)
            verdict = CHECK.run(facts)
        silence = Silence(facts, today=self._house.clock.now().date())
        self._unknown += verdict.unknown
        looked = facts.console.value if isinstance(facts.console, Known) else None
        programs = looked.programs if looked is not None else frozenset()
        found: dict[str, dict[_Place, Hit]] = {}
        for hit in verdict.hits:
            if not self._selection.counts(hit.path, hit.line, hit.end_line):
                continue
            if silence.over(CHECK, hit)[0] is not None:
                self._allowed += 1
                continue
            found.setdefault(hit.path, {})[hit.line, hit.column] = hit
        broken = {one.subject for one in verdict.unknown}
        for path in list(found):
            reason = self._spares(path, program=path in programs, broken=path in broken)
            if reason is not None:
                many = len(found.pop(path))
                self._spared.append(Spared(path=path, calls=many, reason=reason))
        return found

    def _spares(self, path: str, *, program: bool, broken: bool) -> str | None:
        """Why a whole file is left alone."""
        match placed(path, program=program):
            case place if place == IN_TEST:
                return "it is a test"
            case place if place == BY_HAND:
                return "it is a script that is run by hand: a person reads what it prints"
        if PurePosixPath(path).suffix.lower() not in LANGUAGES:
            return "it is a page or a component, and runs in browsers"
        if broken:
            return "it does not fit its grammar, or is no UTF-8"
        return front_end(path, self._text(path) or "", self._packages)

    def _steps(
        self, wanted: Mapping[str, Mapping[_Place, Hit]], logger: Logger
    ) -> tuple[CallsRewrite, ...]:
        needed = needed_by(logger, self._modules)
        task = Task(logger=logger, modules=self._modules, request_id=self._fix.request_id)
        steps = []
        for path, hits in wanted.items():
            if path in needed:
                own = "it is the logger" if path == logger.path else "the logger is built with it"
                self._spared.append(Spared(path=path, calls=len(hits), reason=own))
                continue
            step = self._step(path, hits, task)
            if step is not None:
                steps.append(step)
        if not logger.shows_errors and any(map(_gives_error, steps)):
            self._notes.append(
                f"winston writes an error below err as {{}}: {logger.path} needs a format that "
                f"spells it out (skc audit explain {CHECK.id})"
            )
        return tuple(steps)

    def _step(self, path: str, hits: Mapping[_Place, Hit], task: Task) -> CallsRewrite | None:
        data = self._selection.read(path)
        if isinstance(data, Skipped):
            return None
        text = data.decode("utf-8").removeprefix(MARK)
        clear = {
            place: hit for place, hit in hits.items() if not self._holds_secret(path, hit.context)
        }
        why = "it holds what looks like a secret: take that out first"
        self._left += [
            Left(path=path, line=hit.line, reason=why)
            for place, hit in hits.items()
            if place not in clear
        ]
        result = rewritten(
            path,
            text,
            LANGUAGES[PurePosixPath(path).suffix.lower()],
            task,
            es_package=self._packages.is_es_module(path),
            wanted=lambda use: _place(use) in clear,
        )
        self._left += result.left
        if not result.edits:
            return None
        if not self._node_agrees(path, text, result):
            reason = "node --check refuses what it would become"
            self._left.append(Left(path=path, line=None, reason=reason))
            return None
        self._diffs[path] = self._diff(path, text, result.text, around=_CONTEXT)
        mark = MARK if data.startswith(MARK.encode()) else ""
        return CallsRewrite(
            key=f"rewrite:{path}",
            path=path,
            edits=result.edits,
            was=digest(data),
            becomes=digest((mark + result.text).encode()),
            calls=result.calls,
            diff=self._diff(path, text, result.text, around=0),
        )

    def _diff(self, path: str, before: str, after: str, *, around: int) -> str:
        """A unified diff without its head; values in what surrounds the change are masked."""
        lines = unified_diff(before.splitlines(), after.splitlines(), n=around, lineterm="")
        shown = []
        for line in list(lines)[2:]:
            if line.startswith("@@"):
                shown.append(line)
                continue
            hidden = line.startswith(" ") or self._holds_secret(path, line[1:])
            shown.append(line[0] + (masked(line[1:]) if hidden else line[1:]))
        return "\n".join(shown) + "\n"

    def _holds_secret(self, path: str, code: str) -> bool:
        matches = self._scanner.scan(Blob(path=path, content=code.encode()))
        return any(one.confidence is not Confidence.LOW for one in matches)

    def _node_agrees(self, path: str, before: str, result: Rewritten) -> bool:
        """Whether Node can read the result, as far as it could read what was there."""
        if not path.endswith(_PLAIN) or not self._node:
            return True
        return self._is_read_by_node(path, result.text) or not self._is_read_by_node(path, before)

    def _is_read_by_node(self, path: str, text: str) -> bool:
        module = path.endswith(".mjs") or (
            not path.endswith(".cjs") and (self._packages.is_es_module(path) or _imports(text))
        )
        kind = "module" if module else "commonjs"
        argv = ("node", f"--input-type={kind}", "--check", "-")
        try:
            self._house.processes.run(
                *argv, folder=self._root, given=Secret(text), patience_s=_NODE_PATIENCE_S
            )
        except ProgramFailed as error:
            if error.code is not None:
                return False
            self._node = False
            self._notes.append("node is not there: what is written was parsed, and not by node")
        return True

    def _logger(self) -> Logger:
        named = self._named()
        if named is not None:
            path, said_by = named
            found = logger_at(path, self._modules) if path in self._files else None
            if found is None:
                raise NoLogger(
                    f"{path} is no logger",
                    why=f"{said_by} names it, and it "
                    + ("exports none" if (self._root / path).is_file() else "is not there"),
                    fix="skc audit --fix --logger PATH",
                )
            return found
        every = loggers(self._files, self._modules, self._packages)
        if len(every) == 1:
            return every[0]
        paths = [one.path for one in every]
        raise NoLogger(
            "which file is the logger is not known" if every else "there is no logger",
            why=f"several may be meant: {listed(paths)}"
            if every
            else "no file makes one with winston, pino, bunyan or log4js, and exports it",
            fix=f"skc audit --fix --logger {word(paths[0]) if paths else 'PATH'}",
        )

    def _named(self) -> tuple[str, str] | None:
        """The logger's path, and who names it."""
        if self._fix.logger is not None:
            place = (self._house.environment.folder / self._fix.logger).resolve()
            return self._relative(place), "--logger"
        try:
            project = self._house.project()
        except SettingsNotFound:
            return None
        said = project.settings.audit.logger
        return (
            None if said is None else (self._relative((project.root / said).resolve()), "skc.yaml")
        )

    def _relative(self, place: Path) -> str:
        if not place.is_relative_to(self._root):
            raise NoLogger(
                f"{place} lies outside of the project",
                why=f"the project is {self._root}",
                fix="skc audit --fix --logger PATH",
            )
        return place.relative_to(self._root).as_posix()

    @cached_property
    def _files(self) -> tuple[str, ...]:
        """All of the project's, whatever part of it was asked for."""
        return discover(self._root, git=self._house.git).files

    @cached_property
    def _modules(self) -> Modules:
        return Modules(self._files, self._text)

    @cached_property
    def _packages(self) -> Packages:
        return Packages(self._files, self._text)

    def _text(self, path: str) -> str | None:
        data = content(self._root, path)
        return None if isinstance(data, Skipped) else data.decode("utf-8-sig", errors="replace")


def _project_folder(house: House) -> Path:
    """The folder of skc.yaml, else the working folder: the logger may lie anywhere in it."""
    try:
        return house.project().root.resolve()
    except SettingsNotFound:
        return house.environment.folder.resolve()


def _gives_error(step: CallsRewrite) -> bool:
    """Whether one of the calls has an error among its fields."""
    return any(_ERR.search(edit.text) is not None for edit in step.edits)


def _place(use: Use) -> _Place:
    return use.line, use.column


def _imports(text: str) -> bool:
    return any(line.startswith(("import ", "export ", "import{")) for line in text.split("\n"))
