"""Showing that a value is there without showing it."""

SHOWN = 4
LONG = 20
HIDDEN = "********"


def masked(text: str) -> str:
    """The text as it may be shown: four characters of a long value, none of a short one.

    How long it is does not show either.
    """
    if len(text) < LONG:
        return HIDDEN
    head = text[:SHOWN]
    return (head if head.isprintable() and not head.isspace() else "") + HIDDEN
