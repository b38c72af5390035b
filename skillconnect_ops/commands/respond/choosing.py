"""Which incident is meant: the named one, else the only one that is open."""

from skillconnect_ops.commands.respond.errors import NoIncident, SeveralIncidents
from skillconnect_ops.commands.respond.standing import Folded, Incident


def chosen(folded: Folded, name: str | None, *, last: bool = False) -> Incident:
    """The incident that is meant.

    Args:
        folded: all that are known.
        name: its id, where one was typed.
        last: whether the last one serves where none is open.

    Raises:
        NoIncident: there is none, or none of that name.
        SeveralIncidents: several are open, and none was named.
    """
    known = [one.id for one in folded.incidents]
    if name is not None:
        for one in folded.incidents:
            if one.id == name:
                return one
        raise NoIncident(name, known)
    if len(folded.open) > 1:
        raise SeveralIncidents([one.id for one in folded.open])
    if folded.open:
        return folded.open[0]
    if last and folded.incidents:
        return folded.incidents[-1]
    raise NoIncident(None, known)
