"""All checks of `audit`, by hand, in the order in which they are listed."""

from skillconnect_ops.commands.audit.checks import console_call, console_secret, print_call
from skillconnect_ops.commands.audit.model import Check

CHECKS: tuple[Check, ...] = (
    console_call.CHECK,
    console_secret.CHECK,
    print_call.CHECK,
)
