"""`skc api`: starts the program, waits until it serves, and ends it with us."""

import shlex
from contextlib import AbstractContextManager, ExitStack

from skillconnect_ops.commands.api.embedded import embedded, to_rotate
from skillconnect_ops.commands.api.given import given
from skillconnect_ops.commands.api.model import ApiNotReady, Asked, OptionsDisagree, Served, Setting
from skillconnect_ops.commands.api.program import ensure_installed, serving
from skillconnect_ops.commands.api.words import Words
from skillconnect_ops.commands.house import House
from skillconnect_ops.core.errors import Stop
from skillconnect_ops.core.exits import Exit, Status
from skillconnect_ops.core.outcome import Known
from skillconnect_ops.core.ports.services import Service
from skillconnect_ops.core.report import Report
from skillconnect_ops.core.view import Lines, count, duration
from skillconnect_ops.journal.signals import Signals, Watch

READY_S = 60.0
DRAINED_S = 15.0
"""How long it may take to finish what it has begun."""
_KILLED_S = 10.0
_ASK_EVERY_S = 0.1
_ANSWER_S = 5.0
_LOOK_EVERY_S = 0.1
_LONG_S = 3600.0


def api(house: House, asked: Asked) -> Report:
    """Run the API until somebody ends it.

    Raises:
        OptionsDisagree: two options mean nothing together.
        ExtraMissing: its libraries are not installed.
        AddressUnusable: it could not listen there.
        ApiRefused: it does not take its settings.
        ApiNotReady: it cannot serve.
        ApiEnded: it ended by itself.
        Stop: a signal came before it served.
    """
    _ensure_sensible(house, asked)
    ensure_installed()
    with Signals().watching() as watch, ExitStack() as opened:
        with watch.interruptible():
            setting = embedded(house, asked, opened) if asked.embedded else _given(house, asked)
            run = _Run(house, asked, setting)
            service = opened.enter_context(run.started())
            run.await_ready(service)
        return run.serve(service, watch)


class _Run:
    """One run of the program."""

    def __init__(self, house: House, asked: Asked, setting: Setting) -> None:
        self._house = house
        self._asked = asked
        self._setting = setting
        self._words = Words(house.person)
        self._began = self._ready = house.clock.monotonic()

    def started(self) -> AbstractContextManager[Service]:
        """The program."""
        return self._house.services.start(
            *serving(self._asked, self._setting),
            folder=self._setting.folder or self._house.environment.folder,
            variables=self._setting.variables,
            heard=self._words.hear,
            hidden=self._setting.hidden,
        )

    def await_ready(self, service: Service) -> None:
        """Wait until it can serve.

        Raises:
            ApiRefused: it ended.
            ApiNotReady: it does not get so far.
        """
        clock, url = self._house.clock, f"{self._setting.url}/ready"
        until = clock.monotonic() + READY_S
        while True:
            code = service.wait(_ASK_EVERY_S)
            if code is not None:
                raise self._words.refusal(code)
            answer = self._house.health.ask(url, patience_s=_ANSWER_S)
            if isinstance(answer, Known):
                break
            if clock.monotonic() > until:
                raise ApiNotReady(
                    f"the API was not ready after {duration(READY_S)}",
                    why=self._words.last() or answer.reason,
                    fix=f"see that the servers that {self._setting.env_file} names can be reached",
                )
        self._ready = clock.monotonic()
        self._words.is_ready()

    def serve(self, service: Service, watch: Watch) -> Report:
        """Until a signal comes.

        Raises:
            ApiEnded: it ended before.
        """
        self._welcome()
        try:
            with watch.interruptible():
                while (code := service.wait(_LONG_S)) is None:
                    pass
        except Stop as stop:
            ended = self._house.clock.monotonic()
            killed = self._end(service, watch)
            return self._report(stop.exit, served_s=ended - self._ready, killed=killed)
        raise self._words.ended(code)

    def _welcome(self) -> None:
        setting, person = self._setting, self._house.person
        person.note(
            f"the API listens on {setting.url} with {count(self._asked.workers, 'worker')}; "
            "Ctrl-C ends it"
        )
        person.note(f"try it: curl {setting.url}/health")
        if setting.folder is not None:
            person.note("renew its credentials while it runs, in a second terminal:")
            person.note(f"  $ {to_rotate(self._house, setting)}")

    def _end(self, service: Service, watch: Watch) -> bool:
        """Let it finish what it has begun, unless somebody does not want to wait."""
        clock, killed = self._house.clock, False
        self._house.person.note("the API finishes what it has begun; Ctrl-C ends it at once")
        service.ask_to_end()
        until = clock.monotonic() + DRAINED_S
        while service.wait(_LOOK_EVERY_S) is None:
            if not killed and (watch.again or clock.monotonic() > until):
                service.kill()
                killed, until = True, clock.monotonic() + _KILLED_S
            elif killed and clock.monotonic() > until:
                break  # what ends the block ends it by other means
        return killed

    def _report(self, code: Exit, *, served_s: float, killed: bool) -> Report:
        asked, setting = self._asked, self._setting
        served = Served(
            url=setting.url,
            workers=asked.workers,
            env_file=str(setting.env_file),
            embedded=asked.embedded,
            folder=str(setting.folder) if setting.folder else None,
            kept=asked.keep,
            ready_after_s=round(self._ready - self._began, 3),
            served_s=round(served_s, 3),
            killed=killed,
        )
        how = "was killed" if killed else "has ended"
        return Report(
            command="api",
            subject={"url": setting.url, "files": [str(setting.env_file)]},
            status=Status.INTERRUPTED,
            exit_code=code,
            facts={"api": served},
            view=(Lines((f"the API {how}; it served for {duration(served_s)}",)),),
            next=("skc api --embedded" if asked.keep else self._house.person.again(),),
        )


def _given(house: House, asked: Asked) -> Setting:
    setting = given(house, asked)
    house.services.ensure_free(setting.host, setting.port)
    return setting


def _ensure_sensible(house: House, asked: Asked) -> None:
    """See that the options mean something together.

    Raises:
        OptionsDisagree: they do not.
    """
    own = asked.folder is not None or asked.keep
    if own and not asked.embedded:
        raise OptionsDisagree(
            "--folder and --keep go with --embedded",
            why="only servers of its own have files of their own",
            fix=house.person.again("--embedded"),
        )
    if asked.keep and asked.folder is None:
        raise OptionsDisagree(
            "--keep goes with --folder",
            why="what is kept has to be found again",
            fix=house.person.again("--folder", "./skc-api"),
        )
    if asked.embedded and (asked.env_file is not None or asked.target is not None):
        there = ("--target", asked.target) if asked.target else ("--env-file", str(asked.env_file))
        raise OptionsDisagree(
            "--embedded goes with no env file and no target",
            why="an API on servers of its own has settings of its own",
            fix=f"skc api --embedded   # or, on servers that are there: {_line(*there)}",
        )


def _line(*options: str) -> str:
    return shlex.join(("skc", "api", *options))
