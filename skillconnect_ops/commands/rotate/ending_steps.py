"""Steps that see that a new credential has taken the place of an old one, before that one ends.

Between a rotation and its end lie hours, deploys and other hands. So nothing that may be the last
way in is taken away before it is looked what the app reads, and whether the server lets it in: with
what stands in every env file and readable sink, on every node, with the same rights. There is one
such look for every kind of credential, and it stands in the plan.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.rotate.acl_server import OfServer, removing
from skillconnect_ops.commands.rotate.ending_errors import (
    PUBLISH_AGAIN,
    LetsNobodyIn,
    NewIsRefused,
    NotTakenEverywhere,
    NotTheSameRights,
    SinkIsBehind,
)
from skillconnect_ops.commands.rotate.model import Kind
from skillconnect_ops.commands.rotate.sink_hooks import Held, SinkHook
from skillconnect_ops.commands.rotate.spreading import taken_over
from skillconnect_ops.commands.rotate.user_steps import OfTarget, dropping
from skillconnect_ops.commands.rotate.values import (
    kept,
    of_one_credential,
    published,
    written_since,
)
from skillconnect_ops.core.errors import SkcError
from skillconnect_ops.core.plan import Image, Proof, Step, Walk
from skillconnect_ops.core.ports.accounts import LoginAnswer
from skillconnect_ops.core.ports.acl import RightsDiffer
from skillconnect_ops.core.secret import Secret
from skillconnect_ops.core.settings.model import Target
from skillconnect_ops.core.view import listed
from skillconnect_ops.disk import shared
from skillconnect_ops.envfile import parse


class ValueSee(Step, frozen=True, kw_only=True, tag="value.see"):
    """See that who reads the new value gets in; nothing is changed."""

    secret: str
    env: str
    files: tuple[str, ...]
    """Where it was published, relative to the project's root."""
    sinks: tuple[str, ...] = ()
    """What was given it besides, and can be asked."""
    server: Kind | None = None
    """Who decides whether it lets in; None where nobody can be asked."""
    user: str = ""
    """Whose login it is."""
    like: str | None = None
    """The old user, whose rights it has to have; None where old and new are of one user."""
    database: str = ""
    """MongoDB: where both are looked up."""
    begins: bool = False
    """Whether it is looked at right after the reload, so that what fails is put back."""

    @property
    def manages_itself(self) -> bool:
        """Whether the user may be its own administrator."""
        return self.like is None

    def says(self) -> str:
        """One line for the plan."""
        places = listed((*self.files, *(f"the sink {name}" for name in self.sinks)))
        match self.server:
            case Kind.MONGODB:
                lets_in = f", and that every node lets {self.user} in with it"
            case Kind.REDIS:
                lets_in = f", and that {self.user} is let in with it"
            case _:
                lets_in = ""
        return f"see that {places} holds the new {self.env}{lets_in}"


class ValueHold(ValueSee, frozen=True, kw_only=True, tag="value.hold"):
    """The same past the turn; where the old value is back, the new one is written again."""

    here = True

    def says(self) -> str:
        """One line for the plan."""
        return f"{ValueSee.says(self)}, once more; where the old one is back, write it again"


class SeeValue(OfTarget, OfServer):
    """Carries out `value.see`; it changes nothing, so there is nothing to undo."""

    def __init__(self, house: House, target: Target, root: Path) -> None:
        super().__init__(house, target)
        self._root = root

    def before(self, step: ValueSee, walk: Walk) -> Image:
        """What does not hold ends it here, with nothing touched."""
        self._see(step, walk, rights=True)
        return {}

    def apply(self, step: ValueSee, walk: Walk) -> Mapping[str, Any]:
        """Nothing is changed."""
        return {}

    def verify(self, step: ValueSee, walk: Walk) -> Sequence[Proof]:
        """It was seen just now; the claim was proven when the credential was made."""
        return ()

    def undo(self, step: ValueSee, image: Image, walk: Walk) -> None:
        """Nothing."""

    def _see(self, step: ValueSee, walk: Walk, *, rights: bool) -> None:
        """Look at all of it.

        Raises:
            OldIsBack: the old value stands somewhere again.
            NotPublished: the variable is gone.
            SinkIsBehind: a sink holds another value.
            NewIsRefused: the new credential is dead.
            NotTakenEverywhere: it is, on some node, or one does not answer.
            NotTheSameRights: it may do less than the old one, or more.
            LetsNobodyIn: what somebody has written since is refused.
        """
        others = written_since(
            self._house,
            self._target,
            secret=step.secret,
            env=step.env,
            walk=walk,
            files=step.files,
            fix=self._published_again(step, walk),
        )
        self._sinks_hold_it(step, walk)
        new = kept(walk, step.secret, age="new")
        match step.server:
            case Kind.MONGODB:
                self._every_node_takes(step, new, walk, rights=rights)
            case Kind.REDIS:
                self._server_takes(step, new, walk, rights=rights)
            case _:
                return
        for where, value in others:
            if not self._lets_in(step, value, walk):
                raise LetsNobodyIn(step.env, where=where, fix=self._instead(step, where, walk))

    def _sinks_hold_it(self, step: ValueSee, walk: Walk) -> None:
        old, new = ({step.env: kept(walk, step.secret, age=age).reveal()} for age in ("old", "new"))
        for name in step.sinks:
            settings = self._target.settings.sinks.get(name)
            if settings is None:
                continue  # it was taken out since; nobody reads it by our doing
            if settings.file is not None:
                path = self._root / settings.file
                text = path.read_text(errors="replace").strip("\r\n") if path.exists() else ""
                held = {new[step.env]: Held.NEW, old[step.env]: Held.OLD, "": Held.NOTHING}.get(
                    text, Held.OTHER
                )
            elif settings.read:
                hook = SinkHook(self._house, self._target, name, self._root)
                held = hook.holds(new=new, old=old)
            else:
                continue
            if held is not Held.NEW:
                raise SinkIsBehind(
                    step.env, sink=name, held=held.value, fix=self._given(step, name, walk)
                )

    def _every_node_takes(self, step: ValueSee, new: Secret, walk: Walk, *, rights: bool) -> None:
        if not self._takes(new, walk):
            raise NewIsRefused(step.env, user=step.user, fix=self._remedy(step, walk))
        logins = self._everywhere(new, LoginAnswer.ACCEPTED, walk, in_a_row=1)
        bad = [one for one in logins if one.answer is not LoginAnswer.ACCEPTED]
        if bad or not logins:
            why = "; ".join(f"{one.node}: {one.answer.value} {one.reason}".strip() for one in bad)
            raise NotTakenEverywhere(step.env, why=why or "no node is known")
        if not rights or step.like is None:
            return
        with self._house.accounts(self._target) as accounts:
            taken_over(accounts, walk)
            was = accounts.find(step.like, step.database)
            now = accounts.find(step.user, step.database)
        if now is None:
            raise NewIsRefused(step.env, user=step.user, fix=self._remedy(step, walk))
        if was is not None and was.named(step.user) != now:
            raise NotTheSameRights(step.like, step.user, database=step.database)

    def _server_takes(self, step: ValueSee, new: Secret, walk: Walk, *, rights: bool) -> None:
        if not self._is_alive(new, step.secret):
            raise NewIsRefused(step.env, user=step.user, fix=self._remedy(step, walk))
        if not rights or step.like is None:
            return
        with self._managed(step, walk) as acl:
            was, now = acl.find(step.like), acl.find(step.user)
        if was is not None and now is not None and was.rights != now.rights:
            raise RightsDiffer(
                f"'{step.like}' and '{step.user}' have not the same rights any more",
                why="one of them was changed since the rotation; the other one would be missed",
                fix=f"compare ACL GETUSER {step.like} and {step.user}, make them equal (ACL "
                "SETUSER), then: skc rotate finish",
            )

    def _lets_in(self, step: ValueSee, value: Secret, walk: Walk) -> bool:
        """Whether the server takes what somebody has written; what is no URI it does not."""
        try:
            if step.server is Kind.REDIS:
                return self._is_alive(value, step.secret)
            return self._takes(value, walk)
        except SkcError:
            return False

    def _published_again(self, step: ValueSee, walk: Walk) -> str:
        """How the new value comes back to where it was published."""
        if not step.begins:
            return PUBLISH_AGAIN
        files = listed(step.files)
        return f"see what else writes {files} at a reload (a template), then: {walk.person.again()}"

    def _remedy(self, step: ValueSee, walk: Walk) -> str:
        """How the new credential comes to life again."""
        if step.begins:
            return walk.person.again()
        if step.like is None:
            return f"give {step.user} the password that {step.env} has, then: skc rotate finish"
        if step.server is Kind.REDIS:
            remove = removing(step.user)
        else:
            remove = dropping(step.user, step.database)
        return (
            f"{PUBLISH_AGAIN}   # makes {step.user} again, if it is gone; if it is there and "
            f"nobody else uses it, first: {remove}"
        )

    def _instead(self, step: ValueSee, where: str, walk: Walk) -> str:
        """How a value of no use gives way, which may be somebody's."""
        if step.begins:
            return self._published_again(step, walk)
        return f"{PUBLISH_AGAIN}   # writes the new one in place of what stands in {where}"

    def _given(self, step: ValueSee, sink: str, walk: Walk) -> str:
        """How a sink comes to hold the new value."""
        if step.begins:
            return f"see what else writes the sink {sink}, then: {walk.person.again()}"
        return f"{PUBLISH_AGAIN}   # or take it out of skc.yaml (sinks.{sink})"


class HoldValue(SeeValue):
    """Carries out `value.hold`, a final step."""

    def before(self, step: ValueSee, walk: Walk) -> Image:
        """A final step is never undone."""
        return {}

    def apply(self, step: ValueSee, walk: Walk) -> Mapping[str, Any]:
        """Nothing but the old value itself is written over: it opens nothing from here on."""
        old, new = (kept(walk, step.secret, age=age).reveal() for age in ("old", "new"))
        nowhere = not any(published(self._house, self._target, step.env, more=step.files))
        again = []

        def forward(data: bytes | None) -> bytes | None:
            found = parse(data or b"").get(step.env)
            is_old = found is not None and of_one_credential(found, old)
            return parse(data or b"").renewed(step.env, new).bytes() if is_old or nowhere else data

        for path in step.files:
            changed = shared.change(self._root / path, forward)
            if changed.before != changed.after:
                again.append(path)
        if again:
            walk.person.note(
                f"{step.env} had gone from {listed(again)}, or back to the old value; the new "
                "value was written again: see that what reads it is restarted"
            )
        return {"again": again}

    def verify(self, step: ValueSee, walk: Walk) -> Sequence[Proof]:
        """Right before the old credential goes; its rights may be gone already."""
        self._see(step, walk, rights=False)
        return ()

    def lasts(self, step: ValueSee, walk: Walk) -> bool:
        """Whether all of it still holds, when a run that died goes on."""
        try:
            self._see(step, walk, rights=False)
        except SkcError:  # said when it is walked again
            return False
        return True

    def _published_again(self, step: ValueSee, walk: Walk) -> str:
        """It was written again right now, and something else writes it at the same time."""
        return f"see what else writes {step.env} in {listed(step.files)}"

    def _remedy(self, step: ValueSee, walk: Walk) -> str:
        """The end goes on before anything else can be begun."""
        if step.like is None:
            return super()._remedy(step, walk)
        return f"create the user {step.user} again with the password that {step.env} has"

    def _instead(self, step: ValueSee, where: str, walk: Walk) -> str:
        """Where the variable is gone, it is written again."""
        return f"take the line {step.env} out of {where}"

    def _given(self, step: ValueSee, sink: str, walk: Walk) -> str:
        """By hand."""
        return f"give the sink {sink} the value that {step.env} has in {listed(step.files)}"
