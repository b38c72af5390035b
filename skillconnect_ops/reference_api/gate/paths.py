"""Which paths there are besides the routes' own, and which limits count a request."""

from skillconnect_ops.reference_api.gate.limits import API, AUTH, SENSITIVE, Policy

PREFIX = "/api/v1"
HEALTH = ("/health", f"{PREFIX}/health/health")
READY = ("/ready", f"{PREFIX}/health/ready")
"""The action plan writes `/health` and mounts it below `/api/v1/health`; both are there."""
METRICS = "/metrics"
DESCRIPTION = "/openapi.json"
UNLIMITED = frozenset((*HEALTH, *READY, METRICS))
"""For those who look after the program: no limit, and no redirection."""

_BY_ADDRESS = {
    ("POST", f"{PREFIX}/auth/{name}"): (AUTH,) for name in ("register", "login", "forgot-password")
}
_SENSITIVE = {
    (method, f"{PREFIX}/{path}"): (SENSITIVE,)
    for method, path in (
        ("POST", "auth/verify-email"),
        ("POST", "auth/reset-password"),
        ("POST", "auth/second-factor"),
        ("POST", "user/second-factor"),
        ("POST", "user/second-factor/confirm"),
        ("DELETE", "user/second-factor"),
        ("PUT", "user/password"),
    )
}
PRE_SESSION = frozenset(
    f"{PREFIX}/auth/{name}"
    for name in (
        "register",
        "verify-email",
        "login",
        "second-factor",
        "forgot-password",
        "reset-password",
        "refresh",
        "logout",
    )
)
"""No session yet, or one that only the refresh token knows: they look after themselves."""


def policies_of(method: str, path: str) -> tuple[tuple[Policy, bool], ...]:
    """The limits that count a request, the general one first; and whether each counts addresses.

    Where somebody logs in it is the address that is counted, whoever they are already.
    """
    strict = _BY_ADDRESS.get((method, path), ())
    careful = _SENSITIVE.get((method, path), ())
    return (
        (API, False),
        *((policy, True) for policy in strict),
        *((policy, path.startswith(f"{PREFIX}/auth/")) for policy in careful),
    )
