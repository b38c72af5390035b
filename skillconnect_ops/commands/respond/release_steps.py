"""The one effect on releases: the team's own command puts another one in place."""

from collections.abc import Mapping, Sequence
from typing import Any

from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.respond.contain_steps import OnTarget
from skillconnect_ops.core.errors import Precondition
from skillconnect_ops.core.plan import Image, Proof, Step, Walk
from skillconnect_ops.core.settings.hooks import of_releases
from skillconnect_ops.core.settings.model import ReleaseSettings, Target
from skillconnect_ops.core.settings.rules import period_s

VARIABLE = "SKC_RELEASE"


class ReleaseUnknown(Precondition):
    """The command that names the running release did not."""


class OtherRelease(Precondition):
    """The command ended well, and something else runs."""


class ReleaseRollBack(Step, frozen=True, kw_only=True, tag="release.roll_back"):
    """Put a release in the place of the one that runs."""

    release: str
    running: str

    def says(self) -> str:
        """One line for the plan."""
        return f"deploy {self.release} in the place of {self.running}, by the team's own command"


def settings_of(target: Target) -> ReleaseSettings:
    """How releases are named here.

    Raises:
        ReleaseUnknown: nothing says so.
    """
    if target.settings.releases is None:
        raise ReleaseUnknown(
            f'target "{target.name}" has no release commands',
            why="only the team's own command knows which release runs, and how to go back",
            fix=f"add `releases: {{now: […], roll_back: […]}}` below targets.{target.name} in "
            "skc.yaml, then: skc doctor --trust",
        )
    return target.settings.releases


def running(house: House, target: Target) -> str:
    """The release that runs now.

    Raises:
        ReleaseUnknown: the command says nothing.
        HookNotTrusted: nobody on this machine agreed to it.
    """
    settings = settings_of(target)
    house.hooks().must_trust(of_releases(target.name, settings))
    said = house.processes.run(
        *settings.now, folder=house.project().root, patience_s=period_s(settings.timeout)
    )
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    if not lines or len(lines[-1]) > 200 or not lines[-1].isprintable():
        raise ReleaseUnknown(
            "which release runs is not known",
            why="the command of releases.now printed no name",
            fix="run it by hand: it has to print the digest or the tag that runs, and no more",
        )
    return lines[-1]


class RollBack(OnTarget):
    """Carries out `release.roll_back`; a final step: what went out before was broken."""

    def before(self, step: ReleaseRollBack, walk: Walk) -> Image:
        """What runs."""
        return {"running": step.running}

    def apply(self, step: ReleaseRollBack, walk: Walk) -> Mapping[str, Any]:
        """Run the command; where the release runs already, nothing."""
        target = self._target
        if running(self._house, target) == step.release:
            return {"was": "running already"}
        settings = settings_of(target)
        self._house.processes.run(
            *settings.roll_back,
            folder=self._house.project().root,
            variables={VARIABLE: step.release},
            patience_s=period_s(settings.timeout),
        )
        return {}

    def verify(self, step: ReleaseRollBack, walk: Walk) -> Sequence[Proof]:
        """Ask which one runs.

        Raises:
            OtherRelease: it is another one.
        """
        now = running(self._house, self._target)
        if now != step.release:
            raise OtherRelease(
                f"{now} runs, and not {step.release}",
                why="the command of releases.roll_back ended well, and changed nothing, it seems",
                fix="deploy it by hand, then: skc journal resume " + walk.id,
            )
        subject = {**self._subject.facts(), "release": step.release}
        return [Proof(claim="release.rolled_back", subject=subject, holds=True)]

    def undo(self, step: ReleaseRollBack, image: Image, walk: Walk) -> None:
        """Nothing: a final step is never undone."""
