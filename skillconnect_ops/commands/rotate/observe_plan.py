"""Consumers with a health answer -> the steps that see them run with new values; pure."""

from collections.abc import Collection, Iterable, Sequence

from skillconnect_ops.commands.rotate.loaded import consumers_of
from skillconnect_ops.commands.rotate.model import Kind, Named
from skillconnect_ops.commands.rotate.observe_steps import ConsumerObserve, Loads
from skillconnect_ops.core.plan import Step
from skillconnect_ops.core.settings.model import Target


def after_reload(secrets: Sequence[Named], *, of: str = "") -> tuple[Step, ...]:
    """See each consumer that was reloaded; who is restarted by hand is seen at the end.

    Args:
        secrets: what it is to run with.
        of: an end for the keys of the steps, where one plan sees a consumer before and after.
    """
    found: dict[str, list[Loads]] = {}
    for one in secrets:
        loads = Loads(secret=one.name, env=one.settings.env, ring=one.kind is Kind.JWT)
        for name, consumer in one.consumers:
            if consumer.health is not None and consumer.reload:
                found.setdefault(name, []).append(loads)
    return tuple(
        ConsumerObserve(key=f"observe:{name}{of}", consumer=name, loads=tuple(loads), reloaded=True)
        for name, loads in found.items()
    )


def before_end(
    target: Target, renewed: Iterable[Loads], *, cut_off: bool, doubted: Collection[str] = ()
) -> tuple[Step, ...]:
    """See each consumer before an old value goes.

    Args:
        target: whose.
        renewed: the new values; rings that go by their own time are not among them.
        cut_off: whether what a server refuses goes in any case, since it leaked.
        doubted: the consumers that nobody has restarted, as far as is known.
    """
    found: dict[str, list[Loads]] = {}
    for one in renewed:
        for name, consumer in consumers_of(target, one.secret).items():
            if consumer.health is not None:
                found.setdefault(name, []).append(one)
    # not `observe`: the same run may reload it for another value, and see it again then
    return tuple(
        ConsumerObserve(
            key=f"ask:{name}",
            consumer=name,
            loads=tuple(loads),
            cut_off=cut_off,
            must=name in doubted,
        )
        for name, loads in found.items()
    )
