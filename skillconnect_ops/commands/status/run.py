"""`skc status`: ask every source, show one screen, name one command."""

from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.status.sources import SOURCES, Asked
from skillconnect_ops.core.report import Report, Unknown
from skillconnect_ops.core.settings.errors import SettingsNotFound
from skillconnect_ops.core.view import Lines, Pairs, Text, Tone


def status(house: House) -> Report:
    """Show what is known of this project; asks no server and changes nothing.

    Raises:
        Precondition: `skc.yaml` is there and cannot be read.
    """
    try:
        found = house.project()
    except SettingsNotFound as error:
        nothing = Text("nothing is known here yet: there is no skc.yaml", Tone.WARN)
        return Report(
            command="status",
            facts={"status": {"project": None, "looked": error.why}},
            view=(Lines((nothing,)),),
            next=("skc init",),
        )
    known = [source(Asked(house, found)) for source in SOURCES]
    first = max(known, key=lambda one: one.urgency)
    return Report(
        command="status",
        facts={"status": {name: fact for one in known for name, fact in one.facts.items()}},
        unknown=tuple(Unknown(next(iter(one.facts)), one.trouble) for one in known if one.trouble),
        view=(Pairs(tuple(line for one in known for line in one.lines)),),
        next=(first.next or "skc doctor",),
    )
