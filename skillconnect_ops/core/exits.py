"""What a process of ours ends with, and the status that its report carries."""

from enum import Enum, IntEnum


class Exit(IntEnum):
    """Exit codes; the contract for scripts and CI."""

    OK = 0
    BUG = 1
    USAGE = 2
    REFUSED = 3
    PRECONDITION = 4
    ROLLED_BACK = 5
    NEEDS_PERSON = 6
    LOW = 10
    MEDIUM = 11
    HIGH = 12
    CRITICAL = 13
    INCOMPLETE = 14
    SIGINT = 130
    SIGTERM = 143


class Status(Enum):
    """A report's one-word outcome."""

    OK = "ok"
    FINDINGS = "findings"
    INCOMPLETE = "incomplete"
    REFUSED = "refused"
    PRECONDITION = "precondition"
    ROLLED_BACK = "rolled_back"
    NEEDS_PERSON = "needs_person"
    BUG = "bug"
    INTERRUPTED = "interrupted"
    USAGE = "usage"
