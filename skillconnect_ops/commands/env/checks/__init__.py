"""All checks of `env check`, by hand, in the order in which they are shown."""

from skillconnect_ops.commands.env.check_model import Check
from skillconnect_ops.commands.env.checks import (
    default_disputed,
    file_in_history,
    file_readable_by_others,
    file_tracked,
    line_sets_nothing,
    line_unreadable,
    placeholder_left,
    secret_by_default,
    secret_in_image,
    secret_retired,
    secret_weak,
    secrets_equal,
    value_read_differently,
    variable_duplicated,
    variable_missing,
    variable_undocumented,
    variable_unused,
)

CHECKS: tuple[Check, ...] = (
    file_tracked.CHECK,
    file_in_history.CHECK,
    file_readable_by_others.CHECK,
    secret_in_image.CHECK,
    secret_retired.CHECK,
    secret_weak.CHECK,
    secrets_equal.CHECK,
    secret_by_default.CHECK,
    placeholder_left.CHECK,
    variable_missing.CHECK,
    variable_duplicated.CHECK,
    line_unreadable.CHECK,
    value_read_differently.CHECK,
    line_sets_nothing.CHECK,
    default_disputed.CHECK,
    variable_undocumented.CHECK,
    variable_unused.CHECK,
)
