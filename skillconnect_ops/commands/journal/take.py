"""`skc journal take`: another machine's run becomes one of this machine."""

from pathlib import Path

from msgspec import Struct

from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.journal.show import ways
from skillconnect_ops.core.errors import UsageError
from skillconnect_ops.core.plan import Plan, Step
from skillconnect_ops.core.report import Report
from skillconnect_ops.core.secret import Secret
from skillconnect_ops.core.view import Lines
from skillconnect_ops.disk.errors import explained
from skillconnect_ops.journal.errors import NotAgreed
from skillconnect_ops.journal.model import Choices, Standing
from skillconnect_ops.journal.takeover import Offer, Opened


class Means(Struct, frozen=True, kw_only=True):
    """How the secret that opens a handover comes in."""

    identity: Path | None
    stdin: bool
    descriptor: int | None

    def secret(self, house: House, offer: Offer) -> Secret:
        """The passphrase, or the text of an identity file.

        Raises:
            UsageError: several ways at once, or a file where a passphrase is wanted.
            Precondition: it cannot be read.
            Refused: it is to be typed, and nobody can be asked.
        """
        ways = [self.identity is not None, self.stdin, self.descriptor is not None]
        if sum(ways) > 1:
            raise UsageError(
                "the key comes in more than one way",
                why="--identity, --stdin and --fd exclude each other",
                fix=house.person.again(),
            )
        if self.identity is not None:
            if offer.passphrase:
                raise UsageError(
                    "a passphrase opens this handover, not an identity",
                    why="no recipient was configured when the run began",
                    fix=f"skc journal take {offer.run} --stdin",
                )
            with explained(f"read the identity file {self.identity}"):
                data = (house.environment.folder / self.identity).read_bytes()
            return Secret(data.decode(errors="replace"))
        if self.stdin or self.descriptor is not None:
            return house.person.piped_secret(self.descriptor)
        return house.person.ask_secret(
            "handover passphrase" if offer.passphrase else "age identity (AGE-SECRET-KEY-1…)"
        )


def take(house: House, name: str, *, secret: Means, choices: Choices) -> Report:
    """Open what lies at the handover, show it, ask, fence the first machine, make it ours.

    Raises:
        HandoverNotReady: it cannot be reached.
        NoSuchJournal: no run of that id lies there.
        WrongKey: what was given does not open it.
        NotAgreed: the answer was no.
        TakenMeanwhile: another machine was faster.
    """
    office, person = house.office(), house.person
    offer = office.offered(name)
    key = secret.secret(house, offer)
    opened = office.open(offer, key)
    plan = _plan(offer, opened)
    person.show(plan)
    if not choices.yes and not person.agrees(plan):
        raise NotAgreed("nothing was done", why="the answer was no", fix="")
    taken = office.take_over(offer, key, person=person)
    open_ones = [one for one in taken if not one.standing.over]
    after = tuple(line for one in open_ones for line in ways(one))
    return Report(
        command="journal take",
        subject=plan.subject.facts(),
        journal=name,
        facts={"taken": taken, "from": offer.holder, "number": offer.number + 1},
        view=(
            Lines(
                (
                    f"taken over from {offer.holder}; it acts no more",
                    *(f"{one.id}: {_HOW[one.standing]}" for one in open_ones),
                )
            ),
        ),
        next=after or ("skc journal list",),
    )


_HOW = {
    Standing.INTERRUPTED: "half-way; resume it, or roll it back",
    Standing.FORWARD_ONLY: "goes forward only; resume it, and its values come into the files here",
}


def _plan(offer: Offer, opened: Opened) -> Plan:
    """What taking over does, to be shown and agreed to; it is not walked."""
    left = next(one for one in opened.runs if one.bundle.run == offer.run)
    runs = [one.bundle.run for one in opened.runs if not one.over]
    files = ", ".join(left.plan.subject.files)
    notes = [f"whatever is half-way there stays so: {files}"] if files else []
    return Plan(
        command=f"journal take {offer.run}",
        subject=left.plan.subject,
        state=str(offer.number),
        steps=(Step(key=f"fence {offer.holder}: it stops before its next effect"),),
        final=(),
        notes=(*(f"comes here with journal and escrow: {run}" for run in runs), *notes),
    )
