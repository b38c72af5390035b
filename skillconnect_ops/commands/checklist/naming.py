"""The items that a person names: a group, a whole name, or what stands behind the `/`."""

from collections.abc import Sequence

from skillconnect_ops.commands.checklist.model import Checklists
from skillconnect_ops.core.errors import UsageError
from skillconnect_ops.core.settings.errors import nearest


class NoSuchItem(UsageError):
    """Neither a group nor an item is called so."""

    def __init__(self, word: str, known: Sequence[str]) -> None:
        near = nearest(word, known)
        super().__init__(
            f"there is no item or group {word}" + (f"; did you mean {near}?" if near else ""),
            why="an item is named GROUP/ITEM, or by ITEM alone where one group has it",
            fix="skc checklist --all",
        )


class SeveralItems(UsageError):
    """Several groups have an item of that name."""

    def __init__(self, word: str, names: Sequence[str]) -> None:
        super().__init__(
            f"{word} is in several groups", why=", ".join(names), fix=f"write {names[0]}"
        )


def chosen(lists: Checklists, words: Sequence[str]) -> tuple[str, ...]:
    """The whole names of the items that are meant; of no word, all.

    Raises:
        NoSuchItem: a word names nothing.
        SeveralItems: a word names items of several groups.
    """
    every = [name for _, name, _ in lists.named()]
    if not words:
        return tuple(every)
    found: dict[str, None] = {}
    for word in words:
        if word in lists.groups:
            found |= dict.fromkeys(name for name in every if name.startswith(f"{word}/"))
        else:
            found[one(lists, word)] = None
    return tuple(found)


def one(lists: Checklists, word: str) -> str:
    """The whole name of the one item that is meant.

    Raises:
        NoSuchItem: a word names nothing.
        SeveralItems: a word names items of several groups.
    """
    every = [name for _, name, _ in lists.named()]
    if word in every:
        return word
    short = [name for name in every if name.partition("/")[2] == word]
    own = [name for name in short if lists.own(name).same_as is None] or short
    if not own:
        raise NoSuchItem(word, [*every, *lists.groups])
    if len(own) > 1:
        raise SeveralItems(word, own)
    return own[0]
