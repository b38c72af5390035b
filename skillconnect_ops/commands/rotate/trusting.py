"""Commands of the repository that a run would start: trusted before it begins, or only named."""

from collections.abc import Mapping, Sequence

from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.rotate import sink_plan
from skillconnect_ops.commands.rotate.model import Named
from skillconnect_ops.core.settings.hooks import Hook, of_notice
from skillconnect_ops.journal.model import Choices


def must_be_trusted(
    house: House, secrets: Sequence[Named], choices: Choices, *, more: Mapping[str, Hook]
) -> None:
    """Somebody on this machine has agreed to each; a run that only looks starts none of them.

    Args:
        house: the house.
        secrets: whose commands may be started.
        choices: of the run.
        more: what else it may start, by name.

    Raises:
        HookNotTrusted: nobody has, and they are to be started.
    """
    notice = house.project().settings.notify
    hooks: Mapping[str, Hook] = {**sink_plan.hooks(secrets), **more, **of_notice(notice)}
    if not choices.looks_only:
        house.hooks().must_trust(hooks)
        return
    names = house.hooks().untrusted(hooks)
    if names:
        house.person.note(
            f"not trusted on this machine yet: the command of {', '.join(names)}; before this is "
            "carried out: skc doctor --trust"
        )
