"""The deployment that a plan was made for: its steps connect to that one, and to no other."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from weakref import WeakKeyDictionary

from skillconnect_ops.commands.house import Connected, House
from skillconnect_ops.core.errors import Precondition
from skillconnect_ops.core.plan import Subject
from skillconnect_ops.core.settings.model import Target

Connect = Callable[[str], AbstractContextManager[Connected]]
"""Given a target's name, connects to its deployment."""


class AnotherDeployment(Precondition):
    """The target's URI names another deployment than the one the plan was made for."""


_TARGETS: WeakKeyDictionary[House, dict[str, Target]] = WeakKeyDictionary()
"""Read once for all steps of a process: hundreds of them would read skc.yaml hundreds of times."""


def _target(house: House, name: str) -> Target:
    known = _TARGETS.setdefault(house, {})
    if name not in known:
        known[name] = house.target(name)
    return known[name]


def connecting(house: House, subject: Subject) -> Connect:
    """Connect to the plan's deployment, and to no other: a URI may have changed since a crash."""

    @contextmanager
    def connect(target: str) -> Iterator[Connected]:
        with house.database(_target(house, target)) as connected:
            if subject.cluster is not None and connected.cluster != subject.cluster:
                raise AnotherDeployment(
                    f"the run was begun at {subject.cluster}",
                    why=f"{connected.origin} names {connected.cluster} now, so nothing was touched",
                    fix=f"point the target {target} at {subject.cluster} again, then repeat it",
                )
            yield connected

    return connect
