"""The kinds of step that this domain brings."""

from pathlib import Path

from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.rotate.acl_ending import (
    AclDisable,
    AclDrain,
    AclDrop,
    AclExpel,
    DisableAcl,
    DrainAcl,
    DropAcl,
    ExpelAcl,
)
from skillconnect_ops.commands.rotate.acl_making import (
    AclAdmit,
    AclCreate,
    AclReplace,
    AdmitAcl,
    CreateAcl,
    ReplaceAcl,
)
from skillconnect_ops.commands.rotate.atlas_steps import SettleUser, UserSettle
from skillconnect_ops.commands.rotate.ending_steps import (
    HoldValue,
    SeeValue,
    ValueHold,
    ValueSee,
)
from skillconnect_ops.commands.rotate.in_place import (
    ChangePassword,
    CloseWindow,
    PasswordChange,
    WindowClose,
)
from skillconnect_ops.commands.rotate.manual_steps import (
    RevokedValue,
    TakeValue,
    ValueRevoked,
    ValueTake,
)
from skillconnect_ops.commands.rotate.observe_steps import ConsumerObserve, ObserveConsumer
from skillconnect_ops.commands.rotate.publish_steps import (
    ConsumerKeep,
    ConsumerReload,
    EnvPublish,
    KeepConsumer,
    MakeValue,
    PublishEnv,
    ReloadConsumer,
    RetireValue,
    ValueMake,
    ValueRetire,
)
from skillconnect_ops.commands.rotate.ring_steps import (
    PublishRing,
    RetireRing,
    RingPublish,
    RingRetire,
    RingTurn,
    TurnRing,
)
from skillconnect_ops.commands.rotate.sink_steps import CallSink, FileSink, SinkCall, SinkFile
from skillconnect_ops.commands.rotate.user_steps import (
    CreateUser,
    DisarmUser,
    DrainUser,
    DropUser,
    RevokeUser,
    UserCreate,
    UserDisarm,
    UserDrain,
    UserDrop,
    UserRevoke,
    target_of,
)
from skillconnect_ops.core.plan import Subject
from skillconnect_ops.journal.kinds import KindOf


def _root(subject: Subject) -> Path:
    return Path(subject.repository or ".")


KINDS: tuple[KindOf[House], ...] = (
    KindOf(UserCreate, lambda house, of: CreateUser(house, target_of(house, of))),
    KindOf(UserSettle, lambda house, of: SettleUser(house, target_of(house, of))),
    KindOf(UserDrain, lambda house, of: DrainUser(house, target_of(house, of))),
    KindOf(UserDisarm, lambda house, of: DisarmUser(house, target_of(house, of))),
    KindOf(UserRevoke, lambda house, of: RevokeUser(house, target_of(house, of))),
    KindOf(UserDrop, lambda house, of: DropUser(house, target_of(house, of))),
    KindOf(PasswordChange, lambda house, of: ChangePassword(house, target_of(house, of))),
    KindOf(WindowClose, lambda house, of: CloseWindow(house, target_of(house, of))),
    KindOf(AclCreate, lambda house, of: CreateAcl(house, target_of(house, of))),
    KindOf(AclAdmit, lambda house, of: AdmitAcl(house, target_of(house, of))),
    KindOf(AclReplace, lambda house, of: ReplaceAcl(house, target_of(house, of))),
    KindOf(AclDrain, lambda house, of: DrainAcl(house, target_of(house, of))),
    KindOf(AclDisable, lambda house, of: DisableAcl(house, target_of(house, of))),
    KindOf(AclDrop, lambda house, of: DropAcl(house, target_of(house, of))),
    KindOf(AclExpel, lambda house, of: ExpelAcl(house, target_of(house, of))),
    KindOf(ValueTake, lambda house, of: TakeValue(house, target_of(house, of))),
    KindOf(ValueRevoked, lambda house, of: RevokedValue(house, target_of(house, of))),
    KindOf(ValueMake, lambda house, of: MakeValue(house, target_of(house, of))),
    KindOf(ConsumerKeep, lambda house, of: KeepConsumer(house, target_of(house, of), _root(of))),
    KindOf(EnvPublish, lambda _, of: PublishEnv(_root(of))),
    KindOf(
        ConsumerReload, lambda house, of: ReloadConsumer(house, target_of(house, of), _root(of))
    ),
    KindOf(ConsumerObserve, lambda house, of: ObserveConsumer(house, target_of(house, of))),
    KindOf(ValueSee, lambda house, of: SeeValue(house, target_of(house, of), _root(of))),
    KindOf(ValueHold, lambda house, of: HoldValue(house, target_of(house, of), _root(of))),
    KindOf(SinkFile, lambda _, of: FileSink(_root(of))),
    KindOf(SinkCall, lambda house, of: CallSink(house, target_of(house, of), _root(of))),
    KindOf(RingTurn, lambda _, of: TurnRing(_root(of))),
    KindOf(RingPublish, lambda _, of: PublishRing(_root(of))),
    KindOf(RingRetire, lambda house, _: RetireRing(house)),
    KindOf(ValueRetire, lambda house, _: RetireValue(house)),
)
"""By hand; a test holds that none is missing."""
