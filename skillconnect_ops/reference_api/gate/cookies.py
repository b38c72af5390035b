"""Cookies of a session: HttpOnly and SameSite=Strict; in production `__Host-`, so Secure too.

A cookie with the prefix `__Host-` is taken by browsers from this very host alone, over TLS, for the
whole of it (ASVS 5.0, 3.3.1): no sibling domain can plant one.
"""

from starlette.responses import Response

from skillconnect_ops.reference_api.settings import Settings


def session(settings: Settings) -> str:
    """The name of the cookie with the access token."""
    return _name(settings, "session")


def refresh(settings: Settings) -> str:
    """The name of the cookie with the refresh token."""
    return _name(settings, "refresh")


def csrf(settings: Settings) -> str:
    """The name of the cookie that scripts of our own pages read, and send back in a header."""
    return _name(settings, "csrf")


def device(settings: Settings) -> str:
    """The name of the cookie that tells a device that an account was logged in from."""
    return _name(settings, "device")


def put(response: Response, settings: Settings, name: str, value: str, *, max_age_s: int) -> None:
    """Set one; all but the CSRF cookie are out of scripts' reach."""
    response.set_cookie(
        name,
        value,
        max_age=max_age_s,
        path="/",
        secure=settings.production,
        httponly=name != csrf(settings),
        samesite="strict",
    )


def drop_all(response: Response, settings: Settings) -> None:
    """End those of the session."""
    for name in (session(settings), refresh(settings), csrf(settings)):
        response.delete_cookie(name, path="/", secure=settings.production, samesite="strict")


def _name(settings: Settings, name: str) -> str:
    return f"__Host-{name}" if settings.production else name
