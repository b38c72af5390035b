"""Which commands of skc may run for a proof: those that change nothing, and few of their options.

None is among them that ends well whatever it sees, as a list does: that would prove nothing. A pull
request can change `checklists.yaml`, and what stands in it runs wherever `verify` does.
"""

from collections.abc import Mapping, Sequence

READ_ONLY: Mapping[tuple[str, ...], frozenset[str]] = {
    ("audit",): frozenset({"--strict"}),
    ("doctor",): frozenset({"--strict"}),
    ("env", "check"): frozenset({"--strict"}),
    ("indexes", "check"): frozenset({"--code"}),
    ("rotate", "due"): frozenset(),
    ("secrets", "scan"): frozenset({"--history", "--strict"}),
}
"""The words of a command -> the options that may stand behind them."""


def is_read_only(words: Sequence[str]) -> bool:
    """Whether these are the words of such a command."""
    return any(
        tuple(words[: len(command)]) == command and set(words[len(command) :]) <= options
        for command, options in READ_ONLY.items()
    )
