"""The commands that `skc.yaml` has us run, as a person is shown them before they are trusted; pure.

What a command is given belongs to what is agreed to: a pull request that has a known command get
another secret, or more of the environment, has to be seen as well.
"""

from collections.abc import Mapping

from skillconnect_ops.core.settings.model import (
    NotifySettings,
    ReleaseSettings,
    Settings,
    SinkSettings,
)

Hook = tuple[str, ...]


def hooks_of(settings: Settings) -> Mapping[str, Hook]:
    """Every command, by what it is for."""
    found: dict[str, Hook] = {}
    for target, of in settings.targets.items():
        for name, consumer in of.consumers.items():
            if consumer.reload:
                found[f"reload {target} {name}"] = consumer.reload
        for name, sink in of.sinks.items():
            found |= {f"{label} of {target}": words for label, words in of_sink(name, sink).items()}
        if of.releases is not None:
            found |= of_releases(target, of.releases)
    return {**found, **of_notice(settings.notify), **of_incident(settings.notify)}


def of_sink(name: str, sink: SinkSettings) -> Mapping[str, Hook]:
    """The commands of a sink; none of a file."""
    found = {}
    if sink.hook:
        found[f"sink {name}"] = _given(sink, "gets", sink.hook)
    if sink.read:
        found[f"sink {name} read"] = _given(sink, "reads", sink.read)
    return found


def of_notice(notify: NotifySettings) -> Mapping[str, Hook]:
    """The commands that are told of a failure."""
    return {f"notify on_failure {number}": argv for number, argv in enumerate(notify.on_failure, 1)}


def of_incident(notify: NotifySettings) -> Mapping[str, Hook]:
    """The commands that are told of an incident."""
    found = enumerate(notify.on_incident, 1)
    return {f"notify on_incident {number}": argv for number, argv in found}


def of_releases(target: str, releases: ReleaseSettings) -> Mapping[str, Hook]:
    """The commands that name a release, and take one back."""
    return {
        f"release {target} now": releases.now,
        f"release {target} roll_back": releases.roll_back,
    }


def _given(sink: SinkSettings, verb: str, argv: Hook) -> Hook:
    return (f"{verb}:{sink.env}", *(f"env:{name}" for name in sink.variables), *argv)
