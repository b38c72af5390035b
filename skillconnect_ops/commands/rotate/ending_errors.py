"""Why an old credential does not end yet: what is to take its place does not let the app in."""

from skillconnect_ops.core.errors import NeedsPerson, Precondition, Refused

PUBLISH_AGAIN = "skc rotate finish --publish-again"


class OldIsBack(Refused):
    """Somebody wrote the old value where the new one was published."""

    def __init__(self, env: str, *, where: str, fix: str = PUBLISH_AGAIN) -> None:
        super().__init__(
            f"{env} in {where} holds its old value again",
            why="it was written back since (a checkout, a deploy that renders the file); what "
            "reads it would be locked out",
            fix=fix,
        )


class NotPublished(Refused):
    """No env file holds the variable any more."""

    def __init__(self, env: str, *, where: str, fix: str = PUBLISH_AGAIN) -> None:
        super().__init__(
            f"{env} is in no env file any more",
            why=f"it was published in {where}, and what starts anew would find no credential",
            fix=fix,
        )


class SinkIsBehind(Refused):
    """A sink holds another value than it was given."""

    def __init__(self, env: str, *, sink: str, held: str, fix: str) -> None:
        super().__init__(
            f"the sink {sink} does not hold the new {env}",
            why=f"it holds {held}; what reads it would be locked out",
            fix=fix,
        )


class NewIsRefused(Precondition):
    """The server does not know the new credential (any more)."""

    def __init__(self, env: str, *, user: str, fix: str) -> None:
        super().__init__(
            f"the new password of {env} is refused",
            why=f"the user '{user}' was changed or removed since the rotation; the old one still "
            "stands, and would be the last one",
            fix=fix,
        )


class NotTakenEverywhere(Precondition):
    """Some node does not take the new credential, or does not answer."""

    def __init__(self, env: str, *, why: str) -> None:
        super().__init__(
            f"the new password of {env} is not taken on every node",
            why=f"{why}; the old one still stands",
            fix="skc doctor   # see which node is behind or down; then run it again",
        )


class NotTheSameRights(Precondition):
    """Old and new differ in what they may do."""

    def __init__(self, old: str, new: str, *, database: str) -> None:
        super().__init__(
            f"'{old}' and '{new}' have not the same rights any more",
            why="one of them was changed since the rotation; the other one would be missed",
            fix=f"compare both by db.getSiblingDB('{database}').getUser(…), make them equal "
            "(grantRolesToUser, on Atlas its own interface), then: skc rotate finish",
        )


class LetsNobodyIn(Precondition):
    """What stands in a file is neither the old value nor the new one, and of no use."""

    def __init__(self, env: str, *, where: str, fix: str) -> None:
        super().__init__(
            f"{env} in {where} lets nobody in",
            why="it is neither the old value nor the new one: somebody has written it since, and "
            "the server refuses it",
            fix=fix,
        )


class StillPublished(NeedsPerson):
    """The new credential is not taken away on the way back: somebody reads it."""

    def __init__(self, env: str, *, where: str) -> None:
        super().__init__(
            f"{env} in {where} still holds the new value",
            why="it was edited meanwhile, so that it was not put back; its credential stays, or "
            "what reads the file would be locked out",
            fix=f"undo the edit of {env} in {where}, then put the run back",
        )
