"""All kinds of step of `skc env`."""

from skillconnect_ops.commands.env.example_steps import EXAMPLE_KINDS
from skillconnect_ops.commands.house import House
from skillconnect_ops.journal.kinds import KindOf

KINDS: tuple[KindOf[House], ...] = EXAMPLE_KINDS
"""The kinds of step that this domain brings."""
