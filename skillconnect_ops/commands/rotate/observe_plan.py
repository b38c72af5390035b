"""Consumers with a health answer -> the steps that see them run with new values; pure."""

from collections.abc import Iterable, Sequence

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
    return _steps(found, cut_off=False, reloaded=True, of=of)


def before_end(
    target: Target, renewed: Iterable[tuple[str, str]], *, cut_off: bool
) -> tuple[Step, ...]:
    """See each consumer before an old value goes.

    Args:
        target: whose.
        renewed: the secrets and their variables; rings go by their own time.
        cut_off: whether it goes in any case, since it leaked.
    """
    found: dict[str, list[Loads]] = {}
    for secret, env in renewed:
        for name, consumer in consumers_of(target, secret).items():
            if consumer.health is not None:
                found.setdefault(name, []).append(Loads(secret=secret, env=env, ring=False))
    return _steps(found, cut_off=cut_off, reloaded=False, of="")


def _steps(
    found: dict[str, list[Loads]], *, cut_off: bool, reloaded: bool, of: str
) -> tuple[Step, ...]:
    return tuple(
        ConsumerObserve(
            key=f"observe:{name}{of}",
            consumer=name,
            loads=tuple(loads),
            cut_off=cut_off,
            reloaded=reloaded,
        )
        for name, loads in found.items()
    )
