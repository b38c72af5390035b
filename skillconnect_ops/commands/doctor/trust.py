"""`skc doctor --trust`: a person sees the commands that skc.yaml has us run, and agrees."""

import shlex

from skillconnect_ops.commands.house import House
from skillconnect_ops.core.errors import Refused
from skillconnect_ops.core.plan import Plan, Subject
from skillconnect_ops.core.report import Report
from skillconnect_ops.core.settings.hooks import hooks_of
from skillconnect_ops.core.view import Lines, count
from skillconnect_ops.journal.errors import NotAgreed


class NoOneToSee(Refused):
    """There is no terminal: nobody has seen what would be trusted."""

    def __init__(self) -> None:
        super().__init__(
            "nobody can be shown what would be trusted",
            why="there is no terminal; a script that trusts what a pull request brought trusts "
            "whoever sent it",
            fix="skc doctor --trust   # on a terminal of this machine, once",
        )


def trust(house: House) -> Report:
    """Show every command that nobody on this machine agreed to yet, and ask.

    Raises:
        NoOneToSee: there is no terminal.
        NotAgreed: the answer was no.
    """
    project = house.project()
    commands = hooks_of(project.settings)
    fresh = house.hooks().untrusted(commands)
    subject = Subject(files=("skc.yaml",), repository=str(project.root))
    if fresh:
        for name in fresh:
            house.person.note(f"{name}: {shlex.join(commands[name])}")
        try:
            agreed = house.person.agrees(Plan(command="doctor --trust", subject=subject, state=""))
        except Refused as error:
            raise NoOneToSee from error
        if not agreed:
            raise NotAgreed(
                "nothing was trusted", why="the answer was no", fix="skc doctor --trust"
            )
        house.hooks().trust({name: commands[name] for name in fresh})
    said = f"{count(len(fresh), 'command')} newly trusted, {len(commands)} in all"
    return Report(
        command="doctor",
        subject=subject.facts(),
        facts={"trust": {"new": list(fresh), "all": sorted(commands)}},
        view=(Lines((said,)),),
        next=("skc rotate --dry-run",),
    )
