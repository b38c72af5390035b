"""All checks of `audit`, by hand, in the order in which they are listed."""

from skillconnect_ops.commands.audit.checks import (
    auth_route_without_strict_limiter,
    console_call,
    console_secret,
    csrf_missing,
    error_handler_missing,
    error_handler_not_last,
    health_route_missing,
    print_call,
    route_without_auth,
    route_without_limiter,
    route_without_validation,
)
from skillconnect_ops.commands.audit.model import Check

CHECKS: tuple[Check, ...] = (
    console_call.CHECK,
    console_secret.CHECK,
    print_call.CHECK,
    route_without_validation.CHECK,
    route_without_limiter.CHECK,
    auth_route_without_strict_limiter.CHECK,
    route_without_auth.CHECK,
    csrf_missing.CHECK,
    error_handler_missing.CHECK,
    error_handler_not_last.CHECK,
    health_route_missing.CHECK,
)
