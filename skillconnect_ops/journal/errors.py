"""What can go wrong with a plan, a run and its journal."""

from skillconnect_ops.core.errors import NeedsPerson, Precondition, Refused, RolledBack


class PlanIsStale(Precondition):
    """The world is no longer what the plan was made from."""


class NotAPlan(Precondition):
    """A plan file cannot be read."""


class NotToBeOverwritten(Precondition):
    """A plan would be saved over a file that is none."""


class NoSuchJournal(Precondition):
    """No journal has that id."""


class NotAgreed(Refused):
    """The person did not agree to the plan."""


class PastTheTurn(Refused):
    """A rollback was asked for after the steps without a way back had begun."""


class RunIsOver(Refused):
    """A finished run was to be resumed or rolled back."""


class NotProven(RolledBack):
    """The world does not show what a step was to bring about."""


class PutBack(RolledBack):
    """A step failed, and everything was put back."""


class NotPutBack(NeedsPerson):
    """A step failed, and not everything could be put back."""


class NotFinished(NeedsPerson):
    """A step without a way back did not come to its end; only forward is possible."""


class NotLookedAt(NeedsPerson):
    """What a run that died had done cannot be looked at; the run is left as it is."""


class JournalNotClosed(NeedsPerson):
    """The world was put back, but the journal could not say so."""


class BrokenJournal(NeedsPerson):
    """A journal's text was altered, so that what its run did is not known for certain."""


class UnknownKind(NeedsPerson):
    """A journal holds a step that this version does not know."""


class EscrowDamaged(NeedsPerson):
    """A value in the escrow cannot be decrypted."""
