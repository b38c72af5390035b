"""The sinks of a secret -> the steps that fill them, and what to say of them; pure."""

import shlex
from collections.abc import Mapping, Sequence
from pathlib import PurePath

from skillconnect_ops.commands.rotate.model import Kind, Named
from skillconnect_ops.commands.rotate.ring import fallbacks_of
from skillconnect_ops.commands.rotate.sink_steps import NOT_READABLE, SinkCall, SinkFile
from skillconnect_ops.core.plan import Step
from skillconnect_ops.core.settings.hooks import Hook, of_sink
from skillconnect_ops.core.settings.model import SinkSettings


def publish_steps(named: Named) -> tuple[Step, ...]:
    """The steps that fill them, after the env files."""
    return tuple(_step(name, sink, named) for name, sink in named.sinks)


def hooks(secrets: Sequence[Named]) -> Mapping[str, Hook]:
    """All commands that a rotation of these may run, to be trusted before it begins."""
    found: dict[str, Hook] = {}
    for one in secrets:
        found |= {name: each.reload for name, each in one.consumers if each.reload}
        for name, sink in one.sinks:
            found |= of_sink(name, sink)
    return found


def names(secrets: Sequence[Named]) -> tuple[str, ...]:
    """The names of the sinks, each once."""
    return tuple(dict.fromkeys(name for one in secrets for name, _ in one.sinks))


def files(secrets: Sequence[Named]) -> tuple[str, ...]:
    """The files among the sinks, each once."""
    return tuple(dict.fromkeys(sink.file for one in secrets for _, sink in one.sinks if sink.file))


def notes(secrets: Sequence[Named]) -> tuple[str, ...]:
    """How many there are, and which of them cannot be read back."""
    found = {name: sink for one in secrets for name, sink in one.sinks}
    if not found:
        return ()
    blind = [name for name, sink in found.items() if sink.hook and not sink.read]
    said = f"sinks besides the env files: {len(found)} ({', '.join(found)}); not readable back: "
    if not blind:
        return (f"{said}0",)
    which = f"{len(blind)} ({', '.join(blind)}): {NOT_READABLE.partition('; ')[2]}"
    return (said + which,)


def identity(named: Named) -> str:
    """What a plan is made from."""
    return " ".join(
        shlex.join((name, sink.env, str(sink.file), *sink.hook, *sink.read))
        for name, sink in named.sinks
    )


def _step(name: str, sink: SinkSettings, named: Named) -> Step:
    key, ring = f"deliver:{sink.env}@{name}", named.kind is Kind.JWT
    if sink.file is not None:
        return SinkFile(
            key=key, sink=name, secret=named.name, env=sink.env, path=sink.file, ring=ring
        )
    both = ring and sink.env == named.settings.env
    return SinkCall(
        key=key,
        sink=name,
        secret=named.name,
        names=(sink.env, fallbacks_of(sink.env)) if both else (sink.env,),
        program=PurePath(sink.hook[0]).name,
        readable=bool(sink.read),
        ring=ring,
    )
